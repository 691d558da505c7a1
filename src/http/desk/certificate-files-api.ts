import { Router, type Response } from 'express';
import type { CertificateFiles } from '../../sandbox/certificate-files.js';
import { bodyOf, withoutQuery } from './json-api.js';

/** The control API's certificates and keys as files. */
export function certificateFilesApi(files: CertificateFiles): Router {
  const router = Router();

  router.get('/certificates/:kid/certificate.crt', withoutQuery, (request, response) => {
    const { kid } = request.params;
    response.attachment(`certificate-${kid}.crt`).type('application/pkix-cert').send(files.der(kid));
  });

  router.get('/certificates/:kid/jwk', withoutQuery, (request, response) => {
    sendJwk(response, files.jwk(request.params.kid));
  });

  router.get('/certificates/:kid/private-jwk', withoutQuery, (request, response) => {
    sendJwk(response, files.privateJwk(request.params.kid));
  });

  router.post('/certificates/:kid/pkcs12', (request, response) => {
    const { kid } = request.params;
    sendPkcs12(response, kid, files.pkcs12(kid, bodyOf(request)));
  });
  return router;
}

/** @see RFC 7517 section 8.5.1 */
function sendJwk(response: Response, jwk: object): void {
  response.setHeader('Cache-Control', 'no-store');
  response.type('application/jwk+json').send(JSON.stringify(jwk, null, 2));
}

/** It holds a private key. @see RFC 7292 section 4, IANA application/pkcs12 */
export function sendPkcs12(response: Response, kid: string, archive: Buffer): void {
  response.setHeader('Cache-Control', 'no-store');
  response.attachment(`key-${kid}.p12`).type('application/pkcs12').send(archive);
}
