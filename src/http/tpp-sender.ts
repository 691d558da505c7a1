import { X509Certificate } from 'node:crypto';
import { limits } from '../domain/limits.js';
import type { Call, RawAnswer, TlsIdentity, TppSender } from '../sandbox/tpp-sender.js';
import { requestOverTls, type MemoryCourier } from './calls.js';
import { explain, wayTo, type OwnServer } from './outgoing.js';

/** Over mutual TLS, a connection for each call: a resumed session would keep the verdict of its first handshake. */
export function tlsSender(ca: () => string, own: () => OwnServer): TppSender {
  return senderOver((call, identity) =>
    requestOverTls(call, { ...wayTo(new URL(call.url), ca(), own()), ...shown(identity), agent: false }),
  );
}

/** Through memory, for a sandbox without sockets. */
export function memorySender(courier: MemoryCourier): TppSender {
  return senderOver((call, identity) =>
    courier.deliver(call, { certificate: identity && new X509Certificate(identity.certificatePem).raw }),
  );
}

function senderOver(
  deliver: (call: Call, identity: TlsIdentity | undefined) => Promise<RawAnswer>,
): TppSender {
  return {
    send: async ({ identity, ...call }) => {
      const signal = AbortSignal.timeout(limits.bankAnswerMilliseconds);
      try {
        return { ok: true, answer: await deliver({ ...call, signal }, identity) };
      } catch (error) {
        const reason = signal.aborted
          ? `no answer within ${limits.bankAnswerMilliseconds / 1_000} seconds`
          : explain(error);
        return { ok: false, reason };
      }
    },
  };
}

function shown(identity: TlsIdentity | undefined) {
  if (!identity) return {};
  const { privateKeyPem, certificatePem, chainPem } = identity;
  return { key: privateKeyPem, cert: certificatePem + chainPem };
}
