import { z } from 'zod';
import { notFound } from '../../../domain/errors.js';
import {
  organisationCertificateTypes,
  publicKeyTypes,
  qualifiedCertificateTypes,
  softwareCertificateTypes,
} from '../../../domain/key-record.js';
import { parseInput } from '../../../domain/parse.js';
import type { KeyRegister, RegisteredKey } from '../../../directory/key-register.js';
import { keyToWire } from '../../../directory/wire/key.js';
import type { Services } from '../../../sandbox/services.js';
import type { Call, Operation } from './operation.js';

const KEY = 'application/jwk+json';
const KEYS = 'application/jwk-set+json';
const PEM = 'application/x-pem-file';
const OF_SOFTWARE = '/software-statement/:softwareId/certificate';

/** What the path of a certificate of an organisation may name. */
export const typesOfOrganisation = z.enum([...organisationCertificateTypes, ...qualifiedCertificateTypes]);
/** What the path of a key of a software statement may name. */
export const typesOfSoftware = z.enum([...softwareCertificateTypes, ...publicKeyTypes]);
const associationSchema = z.strictObject({ associate: z.boolean() });

/**
 * Certificates and keys of organisations and of software statements.
 * @see Directory API 2.2.0, Organisation Certificates, Software Statement Certificates and Certificate Associations
 */
export const certificateOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/certificate',
    access: 'read',
    gives: KEYS,
    run: async ({ services, organisationId }) =>
      keySet(services, await services.keyRegister.ofOrganisation(organisationId)),
  },
  {
    method: 'get',
    path: '/certificate/:organisationType',
    access: 'read',
    gives: KEYS,
    run: async ({ services, organisationId, param }) => {
      const type = typeIn(typesOfOrganisation, param('organisationType'));
      return keySet(services, ofType(type, await services.keyRegister.ofOrganisation(organisationId)));
    },
  },
  {
    method: 'post',
    path: '/certificate/:organisationType',
    access: 'manage',
    takes: [PEM, 'application/jwt'],
    gives: KEY,
    outcome: 'created',
    run: async ({ services, organisationId, param, mediaType, text }) => {
      const type = typeIn(typesOfOrganisation, param('organisationType'));
      const upload = mediaType === PEM ? { pem: text } : { jwt: text.trim() };
      return key(services, await services.intake.submitForOrganisation(organisationId, type, upload));
    },
  },
  {
    method: 'get',
    path: '/certificate/kid/:kid',
    access: 'read',
    gives: KEY,
    run: async ({ services, organisationId, param }) =>
      key(services, await services.keyRegister.get(organisationId, param('kid'))),
  },
  {
    method: 'delete',
    path: '/certificate/kid/:kid',
    access: 'manage',
    run: ({ services, organisationId, param }) =>
      services.keyRegister.revokeOf(organisationId, param('kid'), 'unspecified'),
  },
  {
    method: 'get',
    path: OF_SOFTWARE,
    access: 'read',
    gives: KEYS,
    run: async ({ services, softwareId }) =>
      keySet(services, await services.keyRegister.ofSoftwareStatement(softwareId)),
  },
  {
    method: 'get',
    path: `${OF_SOFTWARE}/:softwareType`,
    access: 'read',
    gives: KEYS,
    run: async ({ services, softwareId, param }) => {
      const type = typeIn(typesOfSoftware, param('softwareType'));
      return keySet(services, ofType(type, await services.keyRegister.ofSoftwareStatement(softwareId)));
    },
  },
  {
    method: 'post',
    path: `${OF_SOFTWARE}/:softwareType`,
    access: 'manage',
    takes: [PEM],
    gives: KEY,
    outcome: 'created',
    run: async ({ services, softwareId, param, text }) => {
      const type = typeIn(typesOfSoftware, param('softwareType'));
      return key(services, await services.intake.submitForSoftware(softwareId, type, text));
    },
  },
  {
    method: 'get',
    path: `${OF_SOFTWARE}/:organisationType/:kid`,
    access: 'read',
    gives: KEY,
    run: async (call) => {
      const found = await organisationKey(call);
      if (!isAssociated(found, call.softwareId)) throw notFound('associated certificate', call.param('kid'));
      return key(call.services, found);
    },
  },
  {
    method: 'put',
    path: `${OF_SOFTWARE}/:organisationType/:kid`,
    access: 'manage',
    takes: ['application/json'],
    body: associationSchema,
    gives: KEY,
    mayGiveNothing: true,
    run: async (call) => {
      const { services, organisationId, softwareId, json } = call;
      const { kid } = (await organisationKey(call)).record;
      const association = { organisationId, softwareId, kid };
      if (!parseInput(associationSchema, json()).associate) {
        await services.associations.dissociate(association);
        return undefined;
      }
      await services.associations.associate(association);
      return key(services, await services.keyRegister.get(organisationId, kid));
    },
  },
];

/** The organisation's certificate that the path names by type and `kid`. */
async function organisationKey({ services, organisationId, param }: Call): Promise<RegisteredKey> {
  const type = typeIn(typesOfOrganisation, param('organisationType'));
  const [found] = ofType(type, await services.keyRegister.ofOrganisation(organisationId)).filter(
    ({ record }) => record.kid === param('kid'),
  );
  if (!found) throw notFound(`${type} certificate of the organisation`, param('kid'));
  return found;
}

function isAssociated({ record }: RegisteredKey, softwareId: string): boolean {
  return 'associations' in record && record.associations.includes(softwareId);
}

function ofType(type: string, keys: Awaited<ReturnType<KeyRegister['ofOrganisation']>>): RegisteredKey[] {
  return keys.filter(({ record }) => record.type === type);
}

/** @throws DomainError `invalid_input` that names the types there are */
function typeIn<T extends string>(types: z.ZodType<T>, type: string): T {
  return parseInput(z.strictObject({ CertificateType: types }), { CertificateType: type }).CertificateType;
}

function key({ keystore }: Services, one: RegisteredKey) {
  return keyToWire(one, keystore.jwkOf(one.record));
}

function keySet(services: Services, keys: readonly RegisteredKey[]) {
  return { keys: keys.map((one) => key(services, one)) };
}
