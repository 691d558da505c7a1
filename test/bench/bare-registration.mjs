// The baseline for registrations: one Express handler behind TLS with client certificates that verifies request and SSA
// with jose by keys at hand, and nothing else. Argument: a JSON file with the path to answer at, the server's identity,
// the authorities of its clients, and the certificates of the two signers, all in PEM.
import { Buffer } from 'node:buffer';
import { randomUUID, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import express from 'express';
import { compactVerify } from 'jose';

const { path, keyPem, chainPem, clientAuthoritiesPem, requestSignerPem, ssaSignerPem } = JSON.parse(
  readFileSync(process.argv[2], 'utf8'),
);
const requestKey = new X509Certificate(requestSignerPem).publicKey;
const ssaKey = new X509Certificate(ssaSignerPem).publicKey;
const algorithms = ['PS256'];

async function verifiedClaims(token, key) {
  const { payload } = await compactVerify(token, key, { algorithms });
  return JSON.parse(Buffer.from(payload).toString('utf8'));
}

const app = express();
app.post(path, express.text({ type: 'application/jwt' }), async (request, response) => {
  try {
    const metadata = await verifiedClaims(request.body, requestKey);
    const softwareClaims = await verifiedClaims(metadata.software_statement, ssaKey);
    response.status(201).json({
      ...softwareClaims,
      ...metadata,
      client_id: randomUUID(),
      client_id_issued_at: Math.floor(Date.now() / 1000),
    });
  } catch (error) {
    response.status(400).json({ error: error.code });
  }
});

const server = createServer(
  {
    key: keyPem,
    cert: chainPem,
    ca: clientAuthoritiesPem,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
  },
  app,
);
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ https: `https://127.0.0.1:${server.address().port}` })}\n`);
});
process.on('SIGTERM', () => process.exit(0));
