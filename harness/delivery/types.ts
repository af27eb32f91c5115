import type { DeliveryFault, Source } from '../journal/events.js';

/** A package that a module can fetch until it is withdrawn. */
export interface Publication {
  readonly source: Source;
  /** The source string for AT+QFOTADL, with the real credentials. */
  readonly target: string;
  /** The same with the password masked. */
  readonly maskedTarget: string;
  withdraw(): Promise<void>;
}

export interface PublishOptions {
  /** Name the module asks for; default the package's own file name. May contain folders (`a/b.zip`). */
  readonly name?: string;
  readonly fault?: DeliveryFault;
  /** Called with each piece handed to the network: bytes of the file so far, and its size. */
  readonly onSent?: (sent: number, size: number) => void;
  /** Override parts of the address (limits suite). */
  readonly host?: string;
  readonly user?: string;
  readonly password?: string;
  /** Leave the port out of the address (default 21 or 80). */
  readonly omitPort?: boolean;
}

/** FTP and HTTP servers of one run; those of our own serve what is published and nothing else. */
export interface PackageServer {
  readonly protocol: 'ftp' | 'http';
  readonly advertise: { readonly host: string; readonly port: number };
  /** Where it listens on this host; undefined for a server that is not ours. */
  readonly listening: { readonly host: string; readonly port: number } | undefined;
  /** Not ours: it has no log here, takes no faults, and its bytes are not counted. */
  readonly external?: boolean;
  publish(file: string, options?: PublishOptions): Promise<Publication>;
  /** Address of a name that is not published (for tests that want a failure after acceptance). */
  target(
    name: string,
    options?: Omit<PublishOptions, 'fault' | 'name' | 'onSent'>,
  ): { readonly target: string; readonly maskedTarget: string };
  close(): Promise<void>;
}

/** A server that runs here: it listens, and everything that is done there is in the journal. */
export interface OwnPackageServer extends PackageServer {
  readonly listening: { readonly host: string; readonly port: number };
}
