// The baseline for SSAs over HTTP: one Express handler that signs given claims with jose, and nothing else.
// Arguments: the path to answer at, the claims as JSON.
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import express from 'express';
import { CompactSign, generateKeyPair } from 'jose';

const [path, claimsJson] = process.argv.slice(2);
const claims = JSON.parse(claimsJson);
const { privateKey } = await generateKeyPair('PS256', { modulusLength: 2048 });
const kid = randomBytes(32).toString('base64url');

const app = express();
app.post(path, async (_request, response) => {
  const header = { alg: 'PS256', kid, typ: 'JWT' };
  const payload = {
    ...claims,
    iat: Math.floor(Date.now() / 1000),
    jti: randomBytes(8).toString('hex'),
  };
  const ssa = await new CompactSign(Buffer.from(JSON.stringify(payload)))
    .setProtectedHeader(header)
    .sign(privateKey);
  response.json({ ssa, header, payload });
});

const server = app.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ http: `http://127.0.0.1:${server.address().port}` })}\n`);
});
process.on('SIGTERM', () => process.exit(0));
