import { createHash, timingSafeEqual } from 'node:crypto';
import { isIPv4 } from 'node:net';
import type { Request, RequestHandler } from 'express';
import { HttpError } from './errors.js';
import { PasswordGuesses } from './password-guesses.js';

/** Refuses requests for names that are not ours, so that a page elsewhere cannot reach the desk by DNS rebinding. */
export function knownHosts(names: readonly string[]): RequestHandler {
  const known = new Set(names.map((name) => name.toLowerCase()));
  return (request, _response, next) => {
    const name = hostName(request.headers.host);
    // An address cannot be rebound; the one that the connection came in at is the one we are bound to.
    if (known.has(name) || isLoopbackAddress(name) || name === plainAddress(request.socket.localAddress)) {
      next();
      return;
    }
    throw new HttpError(
      421,
      `Host: expected one of ${[...known].join(', ')}, got "${name.slice(0, 100)}". --public-host and --alias add names.`,
    );
  };
}

/** An address, not a name that begins like one. */
function isLoopbackAddress(name: string): boolean {
  return isIPv4(name) && name.startsWith('127.');
}

function hostName(header: string | undefined): string {
  return (header ?? '')
    .toLowerCase()
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1');
}

function plainAddress(address: string | undefined): string | undefined {
  return address?.replace(/^::ffff:/, '');
}

/**
 * Refuses changes that another site's page asks for, with or without a body.
 * @see Fetch Metadata Request Headers, section 2.3; RFC 6454 section 7
 */
export const sameSiteChanges: RequestHandler = (request, _response, next) => {
  if (['GET', 'HEAD', 'OPTIONS'].includes(request.method)) {
    next();
    return;
  }
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    throw new HttpError(403, `Sec-Fetch-Site: expected "same-origin" or "none", got "${site}".`);
  }
  const { origin } = request.headers;
  if (origin !== undefined && !isOwnOrigin(origin, request)) {
    throw new HttpError(403, `Origin: expected this desk's own, got "${origin.slice(0, 100)}".`);
  }
  next();
};

function isOwnOrigin(origin: string, request: Request): boolean {
  return URL.canParse(origin) && new URL(origin).host === request.headers.host?.toLowerCase();
}

const SESSION_COOKIE = 'desk-session';

/** The desk's password: HTTP Basic for programs, a session cookie for pages. */
export class AdminAccess {
  private readonly password: string;
  /** A cookie proves knowledge of the password without carrying it, and ends with the process. */
  private readonly sessionToken: string;
  private readonly guesses: PasswordGuesses;

  constructor(password: string, sessionSecret: Uint8Array, realNow: () => Date) {
    this.password = password;
    this.guesses = new PasswordGuesses(realNow);
    this.sessionToken = createHash('sha256').update(sessionSecret).digest('base64url');
  }

  /** @throws HttpError 429 after too many wrong ones from the same address */
  accepts(password: string, { socket }: Pick<Request, 'socket'>): boolean {
    return this.guesses.judge(socket.remoteAddress ?? '', () => isSame(password, this.password));
  }

  get cookie(): string {
    return `${SESSION_COOKIE}=${this.sessionToken}; Path=/; HttpOnly; SameSite=Strict`;
  }

  get expiredCookie(): string {
    return `${SESSION_COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0`;
  }

  /** @throws HttpError 429 after too many wrong passwords from the same address */
  isAdmitted(request: Request): boolean {
    return this.hasSession(request.headers.cookie) || this.hasBasicCredentials(request);
  }

  private hasBasicCredentials(request: Request): boolean {
    const encoded = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (encoded === undefined) return false;
    const [user, ...password] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
    return isSame(user ?? '', 'admin') && this.accepts(password.join(':'), request);
  }

  private hasSession(header: string | undefined): boolean {
    const cookies = (header ?? '').split(';').map((cookie) => cookie.trim().split('='));
    return cookies.some(([name, value]) => name === SESSION_COOKIE && isSame(value ?? '', this.sessionToken));
  }
}

/** Takes the same time whatever the difference. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
