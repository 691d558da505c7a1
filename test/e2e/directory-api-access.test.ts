import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { directoryScopes } from '../../src/directory/clients.js';
import { Departures } from '../contract/departures.js';
import { type DirectoryCall } from '../support/directory-client.js';
import {
  isEnrolment,
  isRead,
  kindOf,
  namesOrganisation,
  type PathParameters,
} from '../support/directory-operations.js';
import { DirectoryWorld, everyOffer, rowsOf, type Offer } from '../support/directory-world.js';
import {
  identityOfUnknownAuthority,
  selfSignedIdentity,
  transportIdentity,
  type TlsAnswer,
} from '../support/registration.js';

const departures = new Departures([
  {
    operation: /^GET \/organisation\/\{OrganisationType\}(\/\{OrganisationId\})?$/,
    status: 401,
    what: /^status: expected .*, got 401$/,
    why: 'Reading organisations by the oldest paths declares no 401, although it asks for a token.',
  },
  {
    operation: /./,
    status: 403,
    what: /^status: expected .*, got 403$/,
    why: 'Only reading organisations by newer paths declares 403, which is what a good token earns that does not reach. RFC 6750 section 3.1',
  },
  {
    operation: /^GET \/OBAuthorities$/,
    what: /^body\/schemas\/0: must be equal to one of the allowed values/,
    why: 'The list of authorities declares its list as the error, where all others declare ErrorResponse.',
  },
]);

const NOBODY = '0015800000noBODYAA';
/** Longer than a token lives. */
const LATER_MILLISECONDS = 601_000;

let world: DirectoryWorld;
beforeAll(async () => {
  world = await DirectoryWorld.open();
});
afterAll(() => world.close());

const withToken = everyOffer.filter(({ operation }) => !isEnrolment(operation));
const enrolments = everyOffer.filter(({ operation }) => isEnrolment(operation));
const ofOrganisation = withToken.filter(({ operation }) => namesOrganisation(operation));
/** Parameters by which a participant's things are named. */
const thingNames = ['SoftwareStatementId', 'CertificateOrKeyId', 'AuthorisationServerId'] as const;

/** The scopes that open each SCIM resource. @see SCIM 2.2, securitySchemes */
const scopesOfResource: Readonly<Record<string, readonly string[]>> = {
  OBAccountPaymentServiceProviders: ['ASPSPReadAccess', 'ASPSPReadAll'],
  OBThirdPartyProviders: ['TPPReadAccess', 'TPPReadAll'],
  OBAuthorities: ['AuthoritiesReadAccess'],
  OBQualifiedTrustServiceProviders: ['QTSPReadAccess'],
  Participants: [],
};

/** Scopes that its own client may have, none of which will do; undefined where any token does. */
function insufficientScope({ operation, document }: Offer): string | undefined {
  const own = kindOf(operation).toUpperCase();
  if (document.basePath === '') return isRead(operation) ? `${own}Manage` : `${own}ReadAccess`;
  const needed = scopesOfResource[operation.path.split('/')[1] ?? ''] ?? [];
  if (needed.length === 0) return undefined;
  return directoryScopes.filter((scope) => scope !== 'ASPSPManage' && !needed.includes(scope)).join(' ');
}

const bearers = new Map<string, Promise<string>>();

/** A token of its own client, for all that the client may do or for that scope. */
function bearer(offer: Offer, scope?: string): Promise<string> {
  const key = `${kindOf(offer.operation)} ${scope ?? ''}`;
  const known =
    bearers.get(key) ??
    world
      .clientOf(offer)
      .token({ scope })
      .then((token) => `Bearer ${token}`);
  bearers.set(key, known);
  return known;
}

async function send(offer: Offer, call: DirectoryCall, parameters?: PathParameters): Promise<TlsAnswer> {
  const { operation } = offer;
  const request = world.request(offer);
  return world
    .clientOf(offer)
    .call(operation.method, world.pathOf(offer, parameters), { ...request, ...call });
}

/** Refused as the document declares it, with nothing stored. */
async function expectRefusal(
  offer: Offer,
  status: number,
  call: DirectoryCall,
  parameters?: PathParameters,
): Promise<void> {
  const before = world.stored();
  const answer = await send(offer, call, parameters);
  expect(answer.status, answer.text).toBe(status);
  world.expectUnchanged(before);
  const problems = offer.document.responseProblems(offer.operation, answer);
  expect(departures.unexplained(offer.operation, status, problems), answer.text).toEqual([]);
  expect(answer.headers['ob-request-id']).toBeDefined();
  if (status === 401) expect(answer.headers['www-authenticate']).toMatch(/^Bearer\b/);
}

describe.each(rowsOf(withToken))('%s', (_name, offer) => {
  it('is refused without a token, and with one that nobody has issued', async () => {
    await expectRefusal(offer, 401, {});
    for (const authorization of ['Bearer unknown', 'Bearer', 'Basic dHBwOnNlY3JldA==', 'unknown']) {
      await expectRefusal(offer, 401, { authorization });
    }
  });

  it("is refused without a client certificate, and with another participant's", async () => {
    const authorization = await bearer(offer);
    await expectRefusal(offer, 401, { authorization, identity: undefined });
    const { participant } = world.others[kindOf(offer.operation)];
    await expectRefusal(offer, 401, { authorization, identity: transportIdentity(participant) });
  });

  it('is refused once the token has expired', async () => {
    const authorization = `Bearer ${await world.clientOf(offer).token({ scope: undefined })}`;
    world.sandbox.clock.advance(LATER_MILLISECONDS);
    try {
      await expectRefusal(offer, 401, { authorization });
    } finally {
      world.sandbox.clock.advance(-LATER_MILLISECONDS);
    }
  });
});

describe('a scope that does not do', () => {
  const guarded = withToken.filter((offer) => insufficientScope(offer) !== undefined);
  it.each(rowsOf(guarded))('%s', async (_name, offer) => {
    const authorization = await bearer(offer, insufficientScope(offer));
    await expectRefusal(offer, 403, { authorization });
  });

  const open = withToken.filter((offer) => insufficientScope(offer) === undefined);
  it.each(rowsOf(open))('is not there for %s', async (_name, offer) => {
    const answer = await send(offer, { authorization: await bearer(offer, 'TPPManage') });
    expect([200, 404], answer.text).toContain(answer.status);
  });
});

describe('one organisation does not get at another', () => {
  it.each(rowsOf(ofOrganisation))('%s', async (_name, offer) => {
    const authorization = await bearer(offer);
    const theirs = world.parametersOf(offer, world.others);
    await expectRefusal(offer, 403, { authorization }, theirs);
    await expectRefusal(
      offer,
      403,
      { authorization },
      { ...world.parametersOf(offer), OrganisationId: NOBODY },
    );
  });

  it('nor learns whether there is one: the answers are the same but for the id', async () => {
    for (const offer of ofOrganisation) {
      const authorization = await bearer(offer);
      const ids = [world.parametersOf(offer, world.others)['OrganisationId'] ?? '', NOBODY];
      const answers = await Promise.all(
        ids.map(async (id) => {
          const { text } = await send(offer, { authorization }, { OrganisationId: id });
          return text.replaceAll(id, '');
        }),
      );
      expect(answers[0], offer.name).toBe(answers[1]);
    }
  });

  const ofThings = ofOrganisation.flatMap((offer) =>
    thingNames
      .filter((name) => offer.operation.path.includes(`{${name}}`))
      .map((name) => [offer.name, name, offer] as const),
  );
  it.each(ofThings)('%s, by the %s of the other', async (_name, thing, offer) => {
    const theirs = world.parametersOf(offer, world.others)[thing] ?? '';
    await expectRefusal(offer, 404, { authorization: await bearer(offer) }, { [thing]: theirs });
  });
});

describe.each(rowsOf(enrolments))('%s, which asks for no token', (_name, offer) => {
  it('is refused without a client certificate', () => expectRefusal(offer, 401, { identity: undefined }));

  it('is refused with a certificate that no trusted issuer made', async () => {
    const { organisation, softwareStatement } = world.clients.tpp.participant;
    const holder = { organisation, softwareId: softwareStatement.id };
    const at = world.sandbox.clock.now();
    for (const identity of [
      await identityOfUnknownAuthority(holder, at),
      await selfSignedIdentity(holder, at),
    ]) {
      await expectRefusal(offer, 401, { identity });
    }
  });

  it('enrols nobody who is known to the Directory alone, token or not', async () => {
    const before = world.stored();
    for (const authorization of [undefined, await bearer(offer)]) {
      const answer = await send(offer, { authorization });
      expect([400, 401, 403], answer.text).toContain(answer.status);
    }
    world.expectUnchanged(before);
  });
});

it('covers every operation of both documents', () => {
  expect(withToken.length + enrolments.length).toBe(everyOffer.length);
  expect(everyOffer).toHaveLength(83 + 15);
});

it('departs from the document only where it is known to', () => {
  expect(departures.unused()).toEqual([]);
});
