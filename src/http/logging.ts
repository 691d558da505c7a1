import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type * as pinoModule from 'pino';
import type { RequestHandler } from 'express';
import type * as pinoHttpModule from 'pino-http';
import { newUuid } from '../domain/identifiers.js';
import type { Random } from '../domain/ports.js';
import type { Options } from '../sandbox/options.js';

const load = createRequire(import.meta.url);

export type Logger = pinoModule.Logger;

const levels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
/** Says nothing, and does not have what we do not use. */
const silent = {
  level: 'silent',
  ...Object.fromEntries(levels.map((level) => [level, () => undefined])),
} as unknown as Logger;

/** Members that are never written, wherever a log object has them. */
const secretMembers = [
  'privateKeyPem',
  'csrPem',
  'ssa',
  'token',
  'software_statement',
  'client_assertion',
  'client_secret',
  'access_token',
  'adminPassword',
  'authorization',
  'cookie',
  'set-cookie',
];

/** Structured logs on standard error: standard output belongs to the command line. */
export function createLogger(level: Options['logLevel']): Logger {
  // Most sandboxes in tests are silent: they need not wait for the library.
  if (level === 'silent') return silent;
  const { pino } = load('pino') as typeof pinoModule;
  const paths = secretMembers.flatMap((member) => [`["${member}"]`, `*["${member}"]`, `*.*["${member}"]`]);
  return pino({ level, redact: { paths, censor: '[redacted]' } }, pino.destination({ dest: 2, sync: true }));
}

/**
 * One line for each request, with its id, which the answer carries in `header`. Of a request the line has method and path
 * alone: bodies, headers and queries may hold keys and tokens.
 */
export function requestLogger(logger: Logger, random: Random, header: string): RequestHandler {
  if (logger.level === 'silent') {
    return (request, response, next) => {
      response.setHeader(header, newUuid(random));
      request.log = logger;
      next();
    };
  }
  const { pinoHttp } = load('pino-http') as typeof pinoHttpModule;
  return pinoHttp({
    logger,
    genReqId: (_request: IncomingMessage, response: ServerResponse) => {
      const id = newUuid(random);
      response.setHeader(header, id);
      return id;
    },
    serializers: {
      req: (request: { id: unknown; method: string; url: string }) => ({
        id: request.id,
        method: request.method,
        path: request.url.split('?', 1)[0],
      }),
      res: (response: { statusCode: number }) => ({ status: response.statusCode }),
    },
    customLogLevel: (_request, response, error) => {
      if (error || response.statusCode >= 500) return 'error';
      return response.statusCode >= 400 ? 'info' : 'debug';
    },
  });
}
