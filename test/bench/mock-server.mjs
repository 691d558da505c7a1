// The baseline for the start: oauth2-mock-server as its documentation shows it, with one RSA key of 2048 bits.
import { OAuth2Server } from 'oauth2-mock-server';

const server = new OAuth2Server();
await server.issuer.keys.generate('PS256');
await server.start(0, '127.0.0.1');
process.stdout.write(`${JSON.stringify({ http: server.issuer.url })}\n`);
process.on('SIGTERM', () => process.exit(0));
