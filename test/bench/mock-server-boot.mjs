// The baseline for boots of the test kit: oauth2-mock-server as its documentation shows it, from before it is loaded.
import { performance } from 'node:perf_hooks';

const startedAt = performance.now();
const { OAuth2Server } = await import('oauth2-mock-server');
const loading = performance.now() - startedAt;
const server = new OAuth2Server();
await server.issuer.keys.generate('PS256');
await server.start(0, '127.0.0.1');
const firstBoot = performance.now() - startedAt - loading;
await server.stop();
process.stdout.write(JSON.stringify({ loading, firstBoot }));
