import type { RequestListener } from 'node:http';
import type { Random } from '../domain/ports.js';
import { realClock } from '../sandbox/clock.js';
import type { Options } from '../sandbox/options.js';
import type { Services } from '../sandbox/services.js';
import type { StateControl } from '../sandbox/state/state-keeper.js';
import { createDeskApp } from './desk/app.js';
import { EventStreams } from './desk/events.js';
import { faultyListener } from './faulty-listener.js';
import type { Logger } from './logging.js';
import { createProtocolApp } from './protocol/app.js';
import type { ClientCertificateOf } from './protocol/client.js';
import { isOfProtocol, isPublicArtefact, recordingListener } from './recording-listener.js';
import { AdminAccess } from './security.js';

export interface DoorSettings {
  readonly options: Pick<Options, 'host' | 'publicHost' | 'aliases' | 'adminPassword'>;
  readonly logger: Logger;
  readonly random: Random;
  readonly clientCertificateOf: ClientCertificateOf;
  readonly state: () => StateControl;
}

/** Desk and protocol side of the services in force: whoever holds on to them is led to those that follow, too. */
export class Doors {
  private behind: { readonly desk: RequestListener; readonly protocol: RequestListener } | undefined;
  /** One for all services that follow each other: nobody has to log in again. */
  private readonly adminAccess: AdminAccess | undefined;
  private readonly events = new EventStreams();

  constructor(private readonly settings: DoorSettings) {
    const { options, random } = settings;
    const { adminPassword } = options;
    this.adminAccess =
      adminPassword === undefined
        ? undefined
        : new AdminAccess(adminPassword, random.bytes(32), () => realClock.now());
  }

  readonly desk: RequestListener = (request, response) => {
    this.behind?.desk(request, response);
  };

  readonly protocol: RequestListener = (request, response) => {
    this.behind?.protocol(request, response);
  };

  /** Builds the applications for services. @returns what puts them behind the doors */
  prepare(services: Services): () => void {
    const { options, logger, random, clientCertificateOf, state } = this.settings;
    const desk = createDeskApp({
      services,
      logger,
      random,
      hostNames: [options.publicHost, ...options.aliases, options.host],
      adminAccess: this.adminAccess,
      state: state(),
      events: this.events,
    });
    const protocol = createProtocolApp({ services, logger, random, clientCertificateOf });
    const { faults, tape } = services;
    const faultyDesk = faultyListener(desk, { faults, listener: 'http', logger });
    const faultyProtocol = faultyListener(protocol, { faults, listener: 'https', logger });
    const recording = { tape, clientCertificateOf };
    return () => {
      // Whoever follows what happened behind the old ones comes back to these.
      this.events.endAll();
      this.behind = {
        desk: recordingListener(faultyDesk, { ...recording, isRecorded: isPublicArtefact }),
        protocol: recordingListener(faultyProtocol, { ...recording, isRecorded: isOfProtocol }),
      };
    };
  }

  /** Ends what pages still follow. */
  close(): void {
    this.events.close();
  }
}
