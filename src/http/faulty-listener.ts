import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { DomainError } from '../domain/errors.js';
import { limits } from '../domain/limits.js';
import type { ListenerName } from '../sandbox/faults/fault.js';
import type { Faults, Met, MetRequest } from '../sandbox/faults/faults.js';
import type { FaultyAnswer, Plan } from '../sandbox/faults/plan.js';
import { statusOfFault } from './errors.js';
import type { Logger } from './logging.js';

export interface FaultyListenerSettings {
  readonly faults: Faults;
  readonly listener: ListenerName;
  readonly logger: Logger;
}

const TRICKLE_MILLISECONDS = 100;

/** An application that misbehaves where somebody asked for it, and is otherwise itself. */
export function faultyListener(
  honest: RequestListener,
  { faults, listener, logger }: FaultyListenerSettings,
): RequestListener {
  const held = new Set<ServerResponse>();

  async function misbehave(met: Met, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const plan = await planOf(met, logger);
    if (response.destroyed) return;
    const { id, name } = met.fault;
    const { method, path } = metRequest(request, listener);
    logger.info({ fault: { id, name }, req: { method, path }, res: planned(plan) }, 'met a fault');
    switch (plan.kind) {
      case 'reset':
        reset(request.socket);
        return;
      case 'answer':
        if (!plan.isComplete && mayHold(response)) trickle(response, plan, () => faults.has(id));
        else send(response, plan);
        return;
      case 'honest':
        if (plan.delayMilliseconds === 0 || !mayHold(response)) honest(request, response);
        else after(plan.delayMilliseconds, response, () => honest(request, response));
    }
  }

  /** There is a limit to how many answers are held back at once; beyond it they go out as they are. */
  function mayHold(response: ServerResponse): boolean {
    if (held.size >= limits.heldAnswers) return false;
    held.add(response);
    response.once('close', () => held.delete(response));
    return true;
  }

  return (request, response) => {
    const met = faults.isEmpty ? undefined : faults.meet(metRequest(request, listener));
    if (!met) {
      honest(request, response);
      return;
    }
    misbehave(met, request, response).catch((error: unknown) => {
      logger.error({ err: error }, 'a fault failed');
      response.destroy();
    });
  };
}

function metRequest({ method = '', url = '' }: IncomingMessage, listener: ListenerName): MetRequest {
  // A request line may have the whole URL. RFC 9112 section 3.2.2
  const [, target = ''] = /^(?:https?:\/\/[^/?]*)?(.*)$/i.exec(url) ?? [];
  const [path = '', query = ''] = target.split('?', 2);
  return { method, path, query, listener };
}

/** What is there no more cannot be spoilt. */
async function planOf(met: Met, logger: Logger): Promise<Plan> {
  try {
    return await met.plan();
  } catch (error) {
    if (!(error instanceof DomainError)) logger.error({ err: error }, 'a fault failed');
    return { kind: 'honest', delayMilliseconds: 0 };
  }
}

function planned(plan: Plan) {
  return plan.kind === 'answer' ? { status: statusOfFault[plan.outcome] } : plan;
}

function send(response: ServerResponse, { outcome, headers, body }: FaultyAnswer): void {
  response.writeHead(statusOfFault[outcome], { ...headers, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

/** Does something later, unless the client has gone by then. */
function after(milliseconds: number, response: ServerResponse, act: () => void): void {
  const timer = setTimeout(act, milliseconds);
  response.once('close', () => clearTimeout(timer));
}

/** Sends the beginning and then blanks, until the fault has been cleared, or the client or our patience is at an end. */
function trickle(
  response: ServerResponse,
  { outcome, headers, body }: FaultyAnswer,
  goesOn: () => boolean,
): void {
  response.writeHead(statusOfFault[outcome], headers);
  response.write(body);
  const timer = setInterval(() => {
    if (!goesOn()) response.destroy();
    else if (!response.writableNeedDrain) response.write(' ');
  }, TRICKLE_MILLISECONDS);
  response.once('close', () => clearInterval(timer));
  after(limits.neverEndingMilliseconds, response, () => response.destroy());
}

/**
 * Ends a connection the hard way.
 * A TLS socket cannot be reset itself; Node keeps the TCP socket below it, though without saying so in its documentation.
 */
function reset(socket: Socket & { readonly _parent?: unknown }): void {
  const tcp = socket._parent instanceof Socket ? socket._parent : socket;
  try {
    tcp.resetAndDestroy();
  } catch {
    socket.destroy();
  }
}
