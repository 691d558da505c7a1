// The baseline for what is said of revocation: one Express application that signs an answer of the given size with RSA,
// and one that sends a file of the given size, and nothing else. Arguments: both sizes in bytes.
import { Buffer } from 'node:buffer';
import { generateKeyPairSync, sign } from 'node:crypto';
import { promisify } from 'node:util';
import express from 'express';

const [answerBytes, fileBytes] = process.argv.slice(2).map(Number);
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const signInThreadPool = promisify(sign);
const file = Buffer.alloc(fileBytes, 'x');

const app = express();
app.disable('etag');
app.post('/answer', express.raw({ type: () => true }), async (request, response) => {
  const answer = Buffer.alloc(answerBytes, request.body);
  const signature = await signInThreadPool('sha256', answer, privateKey);
  signature.copy(answer);
  response.type('application/ocsp-response').send(answer);
});
app.get('/file', (_request, response) => {
  response.type('application/pkix-crl').send(file);
});

const server = app.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ http: `http://127.0.0.1:${server.address().port}` })}\n`);
});
process.on('SIGTERM', () => process.exit(0));
