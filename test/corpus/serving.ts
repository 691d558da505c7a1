import { randomUUID } from 'node:crypto';
import type { BankProfile } from '../../src/aspsp/profile.js';
import type { Attempt } from '../../src/domain/registration.js';
import { BankClient } from '../support/bank-client.js';
import type { Claims, TlsAnswer } from '../support/registration.js';
import type { Dish, Kitchen } from './kitchen.js';
import { withProfile } from './profiles.js';
import type { Recipe } from './recipe.js';

/** A client as a bank answered it. */
export type Client = Claims & { client_id: string; client_secret?: string };

/** A client that is there for a PUT to replace. */
export interface Registered {
  readonly client: Client;
  readonly jti: string;
}

/** What came of a recipe. */
export interface Served {
  readonly dish: Dish;
  readonly answer: TlsAnswer;
  readonly attempt: Attempt;
  /** The profile that the bank followed. */
  readonly profile: BankProfile;
  /** For a PUT: the registration before it, and as it is afterwards where it can be read. */
  readonly before: Client | undefined;
  readonly after: Claims | undefined;
  /** What must not be found in any verdict. */
  readonly secrets: readonly string[];
}

/** Sends what a recipe comes to, with everything that has to be there before; clock and profile are put back. */
export async function serve(usualKitchen: Kitchen, recipe: Recipe): Promise<Served> {
  const kitchen = recipe.tpp === 'new' ? await usualKitchen.ofNewTpp() : usualKitchen;
  const bank = new BankClient(kitchen.sandbox, recipe.bank, kitchen.tpp);
  const registered = recipe.operation === 'PUT' ? await registerClient(kitchen, bank, recipe) : undefined;
  const at = kitchen.sandbox.clock.now();
  const served = await withProfile(kitchen.sandbox, recipe.bank, recipe.profile, async () => {
    try {
      return await (registered
        ? servePut(kitchen, bank, recipe, registered)
        : servePost(kitchen, bank, recipe));
    } finally {
      kitchen.sandbox.clock.freeze(at);
    }
  });
  const replaced = served.answer.status === 200 ? (JSON.parse(served.answer.text) as Client) : undefined;
  const after = registered && (await readAgain(bank, recipe, replaced ?? registered.client));
  return { ...served, before: registered?.client, after };
}

type ServedCall = Omit<Served, 'before' | 'after'>;

async function servePost(kitchen: Kitchen, bank: BankClient, recipe: Recipe): Promise<ServedCall> {
  const dish = await kitchen.make(recipe);
  const post = (body: string) => call(bank, 'POST', '/register', dish, body);
  if (dish.before !== undefined) {
    const { status, text } = await post(dish.before);
    if (status !== 201) throw new Error(`The request before: ${status} ${text}`);
  }
  return recorded(kitchen, bank, dish, () => post(dish.body));
}

async function servePut(
  kitchen: Kitchen,
  bank: BankClient,
  recipe: Recipe,
  { client, jti }: Registered,
): Promise<ServedCall> {
  const other = recipe.token === 'other-client' || recipe.path === 'other-client';
  const otherClient = other ? (await registerClient(kitchen, bank, recipe)).client : undefined;
  const authorization = await authorize(kitchen, bank, recipe, otherClient ?? client, client);
  const clientIds = {
    own: client.client_id,
    unknown: randomUUID(),
    deleted: client.client_id,
    'other-client': otherClient?.client_id ?? '',
  };
  if (recipe.path === 'deleted') await bank.remove(client.client_id, await bank.token(client));
  const { client_secret: secret = '' } = client;
  const facts = { clientId: client.client_id, registrationJti: jti, clientSecret: secret };
  const dish = await kitchen.make(recipe, facts);
  await kitchen.identities.revokeMeanwhile();
  const path = `/register/${clientIds[recipe.path ?? 'own']}`;
  const served = await recorded(kitchen, bank, dish, () =>
    call(bank, 'PUT', path, dish, dish.body, authorization),
  );
  const sent = [authorization?.replace(/^\w+ /, '') ?? '', secret].filter((text) => text !== '');
  return { ...served, secrets: [...served.secrets, ...sent] };
}

/** The header that a PUT comes with; moves the clock for a token that is to expire. */
async function authorize(
  kitchen: Kitchen,
  bank: BankClient,
  recipe: Recipe,
  otherClient: Client,
  client: Client,
): Promise<string | undefined> {
  const identity = await kitchen.identities.get(recipe.registeredWith ?? 'transport');
  const take = async (holder = client, shown = identity) =>
    `Bearer ${await bank.token(holder, undefined, { identity: shown })}`;
  const lifetimeMilliseconds = bank.profile.token.lifetimeSeconds * 1000;
  switch (recipe.token ?? 'good') {
    case 'good':
      return take();
    case 'none':
      return undefined;
    case 'basic':
      return `Basic ${Buffer.from(`${client.client_id}:secret`).toString('base64')}`;
    case 'unknown':
      return `Bearer ${Buffer.alloc(32, 'unknown').toString('base64url')}`;
    case 'other-client':
      return take(otherClient);
    case 'other-certificate':
      return take(client, await kitchen.identities.get('other-software'));
    case 'expired': {
      const authorization = await take();
      kitchen.sandbox.clock.advance(lifetimeMilliseconds);
      return authorization;
    }
    case 'in-its-last-second': {
      const authorization = await take();
      kitchen.sandbox.clock.advance(lifetimeMilliseconds - 1000);
      return authorization;
    }
    case 'revoked': {
      const authorization = await take();
      // A bank revokes a token that somebody tries on a client other than its own.
      await bank.call('GET', `/register/${randomUUID()}`, undefined, { headers: { authorization } });
      return authorization;
    }
  }
}

/** Registers what a recipe has to find there. @throws Error when the bank refuses */
export async function registerClient(
  kitchen: Kitchen,
  bank: BankClient,
  recipe: Recipe,
): Promise<Registered> {
  const { body, jti, identity } = await kitchen.makeRegistration(recipe);
  const [contentType = ''] = bank.profile.request.mediaTypes;
  const { status, text } = await bank.register(body, { contentType, identity });
  if (status !== 201) throw new Error(`The registration before: ${status} ${text}`);
  return { client: JSON.parse(text) as Client, jti };
}

/** The registration as it is now, unless it was deleted or the bank does not show it. */
async function readAgain(bank: BankClient, recipe: Recipe, client: Client): Promise<Claims | undefined> {
  if (!bank.profile.operations.includes('GET') || recipe.path === 'deleted') return undefined;
  const { status, text } = await bank.read(client.client_id, await bank.token(client));
  if (status !== 200) throw new Error(`The registration afterwards: ${status} ${text}`);
  return JSON.parse(text) as Claims;
}

function call(
  bank: BankClient,
  method: string,
  path: string,
  { contentType, identity, jwsSignature }: Dish,
  body: string,
  authorization?: string,
): Promise<TlsAnswer> {
  const headers = {
    ...(authorization === undefined ? {} : { authorization }),
    ...(jwsSignature === undefined ? {} : { 'x-jws-signature': jwsSignature }),
  };
  return bank.call(method, path, body, {
    identity,
    headers,
    ...(contentType === undefined ? {} : { contentType }),
  });
}

/** Makes a call and finds the verdict that it left. */
async function recorded(
  kitchen: Kitchen,
  bank: BankClient,
  dish: Dish,
  act: () => Promise<TlsAnswer>,
): Promise<ServedCall> {
  const { profile } = bank;
  const idBefore = newestAttempt(kitchen, bank);
  const answer = await act();
  const id = newestAttempt(kitchen, bank);
  if (id === undefined || id === idBefore) throw new Error(`No attempt is recorded: ${answer.text}`);
  const { client_secret: secret } = JSON.parse(answer.text) as Claims;
  const secrets = typeof secret === 'string' ? [secret] : [];
  return { dish, answer, attempt: bank.lastVerdict(), profile, secrets };
}

function newestAttempt({ sandbox }: Kitchen, { bankId }: BankClient): string | undefined {
  return sandbox.services.getBank(bankId).attempts({ limit: 1 }).items[0]?.id;
}
