import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { messageOf, RigFault, UserError } from '../base/errors.js';
import { fileDigest } from '../package/facts.js';
import { parseBaseUrl, type ExternalFtp, type ExternalHttp } from '../rig/delivery-schema.js';
import { checkedName, defaultName, makeTarget } from './address.js';
import type { DeliveryContext, Protocol } from './context.js';
import { credentialsFrom, moduleLogin } from './credentials.js';
import { ftpFolder } from './remote-ftp.js';
import { httpFolder } from './remote-http.js';
import type { Credentials, RemoteFolder, TransferLimits } from './remote-folder.js';
import type { PackageServer, Publication, PublishOptions } from './types.js';

export type ExternalContext = DeliveryContext & {
  /** Where the credentials are looked for. */
  readonly env: NodeJS.ProcessEnv;
  /** ms that one transfer to or from this host may take at most. */
  readonly transferWithin?: number;
};

/** Bytes of a whole source string (guide 3.1, 3.2). */
const longestSource = 255;
const idle = 30_000;
const transferWithin = 600_000;

type Digest = Awaited<ReturnType<typeof fileDigest>>;

/**
 * A server that is not ours: packages are put there (or are there), and before the module is sent there this host fetches the file itself
 * and compares its SHA-256. What the module does there nobody sees. Throws a UserError when credentials are missing.
 */
export function externalServer(protocol: 'ftp', definition: ExternalFtp, context: ExternalContext): PackageServer;
export function externalServer(protocol: 'http', definition: ExternalHttp, context: ExternalContext): PackageServer;
export function externalServer(
  protocol: Protocol,
  definition: ExternalFtp | ExternalHttp,
  context: ExternalContext,
): PackageServer {
  return new ExternalServer(protocol, definition, context);
}

class ExternalServer implements PackageServer {
  readonly external = true;
  readonly advertise: PackageServer['advertise'];
  readonly listening = undefined;
  readonly #folder: string;
  readonly #login: Credentials | undefined;
  /** As the module sees it, and where packages are put; undefined when they are there already. */
  readonly #read: RemoteFolder;
  readonly #write: RemoteFolder | undefined;
  readonly #open = new Set<Publication>();

  constructor(
    readonly protocol: Protocol,
    private readonly definition: ExternalFtp | ExternalHttp,
    private readonly context: ExternalContext,
  ) {
    const base = parseBaseUrl(definition.url);
    this.advertise = { host: base.host, port: base.port ?? { ftp: 21, http: 80 }[protocol] };
    this.#folder = base.folder;
    this.#login = 'userEnv' in definition ? moduleLogin(definition, `delivery.${protocol}.external`, context) : undefined;
    this.#read = this.#login === undefined ? httpFolder(base, undefined) : ftpFolder(base, this.#login);
    this.#write = this.#writeFolder();
  }

  async publish(file: string, options: PublishOptions = {}): Promise<Publication> {
    const { fault, user, password, host } = options;
    if (fault !== undefined || user !== undefined || password !== undefined || host !== undefined) {
      throw new UserError(`the ${this.#name} is not ours: nothing but the file’s name can be chosen there`, {
        asked: Object.keys(options).join(', '),
      });
    }
    const name = this.#nameFor(file, options.name);
    const { target, maskedTarget } = this.target(name, options);
    if (Buffer.byteLength(target) > longestSource) {
      throw new UserError('the source string would be longer than the guide allows', {
        asked: `at most ${String(longestSource)} bytes (guide 3.1, 3.2)`,
        seen: `${String(Buffer.byteLength(target))} bytes: ${maskedTarget}`,
      });
    }
    const digest = await fileDigest(file);
    if (this.#write !== undefined) await this.#do(`put ${name} there`, (limits) => this.#write?.put(file, name, limits));
    try {
      await this.#verify(name, digest);
    } catch (error) {
      await this.#takeBack(name);
      throw error;
    }
    const { journal } = this.context;
    const path = this.#path(name).slice(1);
    journal.write({ type: 'delivery.publish', source: this.protocol, name: path, target: maskedTarget, ...digest });
    let withdrawn: Promise<void> | undefined;
    const publication: Publication = {
      source: this.protocol,
      target,
      maskedTarget,
      withdraw: () => {
        this.#open.delete(publication);
        return (withdrawn ??= this.#takeBack(name));
      },
    };
    this.#open.add(publication);
    return publication;
  }

  target(
    name: string,
    options: Omit<PublishOptions, 'fault' | 'name' | 'onSent'> = {},
  ): { target: string; maskedTarget: string } {
    if (name !== '') checkedName(name);
    if (options.password !== undefined && options.password.length >= 8) this.context.secrets.add(options.password);
    const login =
      this.#login === undefined
        ? undefined
        : { user: options.user ?? this.#login.user, password: options.password ?? this.#login.password };
    return makeTarget(this.protocol, this.advertise, this.#path(name), options, login);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open].map((publication) => publication.withdraw()));
  }

  get #name(): string {
    return `external ${this.protocol.toUpperCase()} server`;
  }

  #path(name: string): string {
    return `/${this.#folder === '' ? '' : `${this.#folder}/`}${name}`;
  }

  #writeFolder(): RemoteFolder | undefined {
    const { upload, url } = this.definition;
    if (upload === undefined) return undefined;
    const base = parseBaseUrl(upload.url ?? url);
    const where = `delivery.${this.protocol}.external.upload`;
    const login = upload.userEnv === undefined ? this.#login : credentialsFrom(upload, where, this.context);
    if (base.scheme !== 'ftp') return httpFolder(base, login);
    if (login === undefined)
      throw new UserError('an upload by FTP needs credentials', { hint: `name ${where}.userEnv and passwordEnv` });
    return ftpFolder(base, login);
  }

  /** A name that was not chosen gets a word in front: another rig may have put the same package there, and will take it away again. */
  #nameFor(file: string, asked: string | undefined): string {
    const own = basename(file);
    if (this.#write === undefined) {
      if (asked === undefined || asked === own) return checkedName(own);
      throw new UserError(`nothing can be put on the ${this.#name}`, {
        asked,
        seen: `delivery.${this.protocol}.external.present: true`,
        hint: 'external.upload lets the harness put packages there',
      });
    }
    if (asked !== undefined && asked !== own) return checkedName(asked);
    const prefix = `${this.context.random.word(4)}-`;
    const room = this.#folder === '' ? prefix : `${this.#folder}/${prefix}`;
    return `${prefix}${defaultName(file, room)}`;
  }

  async #verify(name: string, wanted: Digest): Promise<void> {
    const hash = createHash('sha256');
    let size = 0;
    await this.#do(`fetch ${name} from there`, (limits) =>
      this.#read
        .fetch(
          name,
          (bytes) => {
            size += bytes.length;
            hash.update(bytes);
            // Whatever comes beyond is not the package any more, and may have no end.
            if (size > wanted.size) throw new TooLong();
          },
          limits,
        )
        .catch((error: unknown) => {
          if (!(error instanceof TooLong)) throw error;
        }),
    );
    const sha256 = hash.digest('hex');
    if (size === wanted.size && sha256 === wanted.sha256) return;
    throw this.#fault(`the file on the ${this.#name} is not the package`, {
      asked: `${this.#path(name)}: ${String(wanted.size)} bytes, SHA-256 ${wanted.sha256}`,
      seen: size > wanted.size ? `more than ${String(wanted.size)} bytes` : `${String(size)} bytes, SHA-256 ${sha256}`,
      hint:
        this.#write === undefined
          ? 'put the package of this run there, or let the harness do it (external.upload)'
          : 'is upload.url the folder that url leads to? A cache in between may hand out an older file',
    });
  }

  async #takeBack(name: string): Promise<void> {
    if (this.#write === undefined) return;
    try {
      await this.#do(`take ${name} away`, (limits) => this.#write?.remove(name, limits));
    } catch (error) {
      this.context.journal.write({ type: 'note', text: `${name} was left on the ${this.#name}: ${messageOf(error)}` });
    }
  }

  /** One transfer within its time; what goes wrong is the network's or the rig's, and in the journal. */
  async #do(asked: string, transfer: (limits: TransferLimits) => Promise<void> | undefined): Promise<void> {
    const within = this.context.transferWithin ?? transferWithin;
    const abort = new AbortController();
    const cancel = this.context.clock.after(within, () => {
      abort.abort(new Error(`not done within ${String(within)} ms`));
    });
    try {
      await transfer({ idle, signal: abort.signal });
    } catch (error) {
      const why: unknown = abort.signal.aborted ? abort.signal.reason : error;
      throw this.#fault(`the ${this.#name} cannot be used`, {
        asked: `${asked} (${this.definition.url})`,
        seen: messageOf(why) || 'the connection broke',
        hint: 'try it by hand with curl; are the credentials right, may they write there, does the folder exist?',
      });
    } finally {
      cancel();
    }
  }

  #fault(what: string, { asked, seen, hint }: { asked: string; seen: string; hint: string }): RigFault {
    const masked = { asked: this.context.secrets.mask(asked), seen: this.context.secrets.mask(seen), hint };
    this.context.journal.write({ type: 'rig.fault', what, ...masked });
    return new RigFault(what, masked);
  }
}

class TooLong extends Error {}
