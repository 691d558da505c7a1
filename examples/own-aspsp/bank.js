import { randomUUID } from 'node:crypto';
import { createServer } from 'node:https';
import express from 'express';
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose';
import { Agent, fetch } from 'undici';

const SSA_MAX_AGE = 30 * 24 * 60 * 60 * 1000;
const AUTHORITY = 'organisation_competent_authority_claims';
const SSA_CLAIMS = ['iat', 'jti', 'software_id', 'org_id', 'software_roles', AUTHORITY];
const REQUEST_CLAIMS = ['iat', 'exp', 'aud', 'jti', 'redirect_uris', 'scope'];
const SCOPES = { AISP: 'accounts', PISP: 'payments', CBPII: 'fundsconfirmations' };

/** What must hold, in this order, and the error where it does not. */
const rules = [
  ['invalid_software_statement', ({ ssa, now }) => ssa.iat <= now + 60 && now - ssa.iat <= SSA_MAX_AGE],
  ['unapproved_software_statement', ({ ssa }) => ssa.org_status === 'Active'],
  ['unapproved_software_statement', ({ ssa }) => ssa.software_roles.every((role) => isGranted(ssa, role))],
  ['invalid_client', ({ ssa, certificate }) => certificate.subject.OU === ssa.org_id],
  ['invalid_client', ({ certificate }) => certificate.bits >= 2048],
  ['invalid_redirect_uri', ({ ssa, request }) => request.redirect_uris.every((uri) => isKnown(ssa, uri))],
  ['invalid_client_metadata', ({ ssa, request }) => request.scope.split(' ').every((it) => isOpen(ssa, it))],
];
const isGranted = (ssa, role) => ssa[AUTHORITY].authorisations.some(({ roles }) => roles.includes(role));
const isKnown = (ssa, uri) => ssa.software_redirect_uris.some((known) => uri.startsWith(known));
const isOpen = (ssa, scope) => ['openid', ...ssa.software_roles.map((role) => SCOPES[role])].includes(scope);

/** A bank that registers TPPs over mutual TLS. @param directory `sandbox.trustAnchor`, or what is known of the real one */
export function createBank({ audience, tls, directory: { ssaIssuer, jwksUri, rootPem } }) {
  const dispatcher = new Agent({ connect: { ca: rootPem } });
  const clients = new Map();

  async function jwksAt(url) {
    if (new URL(url).origin !== new URL(jwksUri).origin) throw new Error('not a JWKS of the Directory');
    return (await fetch(url, { dispatcher, redirect: 'error' })).json();
  }
  async function verify(token, jwks, expected) {
    return (await jwtVerify(token, createLocalJWKSet(jwks), { algorithms: ['PS256'], ...expected })).payload;
  }

  async function register({ body: token, socket }, response) {
    const { software_statement: assertion } = decodeJwt(token);
    const fromDirectory = { issuer: ssaIssuer, requiredClaims: SSA_CLAIMS };
    const ssa = await verify(assertion, await jwksAt(jwksUri), fromDirectory);
    const jwks = await jwksAt(ssa.software_jwks_endpoint);
    const fromTpp = { issuer: ssa.software_id, audience, requiredClaims: REQUEST_CLAIMS };
    const request = await verify(token, jwks, fromTpp);
    const facts = { ssa, jwks, request, certificate: socket.getPeerCertificate(), now: Date.now() / 1000 };
    const [error] = rules.find(([, holds]) => !holds(facts)) ?? [];
    if (error) return response.status(error === 'invalid_client' ? 401 : 400).json({ error });
    const client = { ...request, client_id: randomUUID() };
    clients.set(client.client_id, client);
    response.status(201).json(client);
  }

  const app = express().post('/register', express.text({ type: 'application/jwt' }), register);
  app.use(({ message }, _request, response, _next) => {
    response.status(400).json({ error: 'invalid_software_statement', error_description: message });
  });
  return createServer({ ...tls, requestCert: true, rejectUnauthorized: true }, app);
}
