import type { Attempt } from '../../../domain/registration.js';
import { notFound } from '../../../domain/errors.js';
import type { Services } from '../../../sandbox/services.js';
import type { Deed, RegistrationDeed } from './questions.js';

/**
 * Does what a question asks about, with a new TPP.
 * @returns the attempt that shows the answer
 * @throws DomainError `not_found` without the demo banks, `no_answer`
 */
export async function doDeed(services: Services, deed: Deed): Promise<Attempt> {
  services.getBank(deed.bank);
  const { softwareStatement } = await services.createReadyTpp({ name: 'Curious TPP' });
  const registered = await register(services, softwareStatement.id, deed);
  if (deed.kind === 'register') return registered;
  const { clientId = '' } = registered;
  const outcome = await services.registrations.manage('GET', softwareStatement.id, deed.bank, clientId);
  // A bank that reads out the registration leaves no verdict of that.
  return 'attempt' in outcome ? outcome.attempt : registered;
}

async function register(services: Services, softwareId: string, deed: Deed): Promise<Attempt> {
  const { claims, header, lifetimeSeconds, keys, bank } = await services.registrations.workbench(
    softwareId,
    deed.bank,
  );
  const wished: Partial<RegistrationDeed> = deed.kind === 'register' ? deed : {};
  const all = Object.entries({ ...claims, ...wished.claims });
  const [mediaType] = bank.profile.request.mediaTypes;
  if (mediaType === undefined) throw notFound('media type of the bank', deed.bank);
  return services.registrations.send(softwareId, {
    bank: deed.bank,
    certificate: keys.usual('transport').record.kid,
    signingKey: keys.usual('signing').record.kid,
    mediaType: wished.mediaType ?? mediaType,
    claims: Object.fromEntries(all.filter(([, value]) => value !== null)),
    header,
    lifetimeSeconds: wished.lifetimeSeconds ?? lifetimeSeconds,
    ssa: wished.ssa ?? 'fresh',
  });
}
