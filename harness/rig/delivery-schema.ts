/** The ways a package can reach the module: our own servers, servers that are not ours, and the module's own storage. */
import { z } from 'zod';
import { advertisedAddress, listenAddress, parseHostPort, text } from './values.js';

const longestHost = z
  .string()
  .regex(/^[A-Za-z0-9.-]{50}$/, 'a host name of exactly 50 bytes')
  .optional()
  .describe('A name of exactly 50 bytes that leads to the same server; without it that limit is not tried');

const variable = text(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable');
const userEnv = variable.describe('Environment variable that holds the user');
const passwordEnv = variable.describe('Environment variable that holds the password');

/** Host, path (without the slashes at its ends) and port of the address of a folder; the port is undefined where none stands. */
export interface BaseUrl {
  readonly scheme: 'ftp' | 'http' | 'https';
  readonly host: string;
  readonly port: number | undefined;
  readonly folder: string;
}

const part = '[A-Za-z0-9_~+=,-][A-Za-z0-9._~+=,-]*';
const baseForm = (schemes: string): RegExp => new RegExp(`^(${schemes})://([A-Za-z0-9._-]+)(?::(\\d{1,5}))?((?:/${part})*)/?$`);

/** Takes `scheme://host[:port][/folder…]` apart. Throws a RangeError for anything else: a loaded definition holds only valid ones. */
export function parseBaseUrl(value: string): BaseUrl {
  const [, scheme, host, port, folder] = baseForm('ftp|http|https').exec(value) ?? [];
  if (scheme === undefined || host === undefined) throw new RangeError(`not the address of a folder: ${value}`);
  return {
    scheme: scheme as BaseUrl['scheme'],
    host,
    port: port === undefined ? undefined : Number(port),
    folder: (folder ?? '').slice(1),
  };
}

/** Bytes that a host and a path may have in a source string (guide 3.1). */
const longestPart = 50;
/** What is left for a slash and the name of a package, with the folder at its longest. */
const roomForName = 14;

const baseUrl = (schemes: string, example: string) =>
  text(baseForm(schemes), `the address of a folder, for example ${example}; no user or password in it`).refine((value) => {
    const { port } = parseBaseUrl(value);
    return port === undefined || (port >= 1 && port <= 65_535);
  }, 'needs a port from 1 to 65535');

const moduleUrl = (scheme: 'ftp' | 'http') =>
  baseUrl(scheme, `${scheme}://files.example.net/fota`)
    .refine((value) => parseBaseUrl(value).host.length <= longestPart, 'needs a host of at most 50 bytes (guide 3.1)')
    .refine(
      (value) => parseBaseUrl(value).folder.length <= longestPart - roomForName,
      `needs a folder of at most ${String(longestPart - roomForName)} bytes: the guide allows 50 for the whole path (3.1)`,
    )
    .describe('The folder on that server, as the module reaches it');

const upload = z
  .strictObject({
    url: baseUrl('ftp|https?', 'https://intranet.example.net/fota')
      .optional()
      .describe('The same folder as this host reaches it: ftp://, or http:// and https:// for PUT. Default: url above'),
    userEnv: userEnv.optional(),
    passwordEnv: passwordEnv.optional(),
  })
  .refine(({ userEnv: user, passwordEnv: password }) => (user === undefined) === (password === undefined), {
    message: 'needs both userEnv and passwordEnv, or neither',
  })
  .optional()
  .describe(
    'Packages are put there by FTP or HTTP PUT before each upgrade, and taken away after it; {} for url and credentials above',
  );

const present = z
  .literal(true)
  .optional()
  .describe('Packages are there already, under their own file names; nothing is uploaded');

const presentOrUpload = (external: { readonly present?: true | undefined; readonly upload?: object | undefined }): boolean =>
  (external.present === undefined) !== (external.upload === undefined);
const needsOne = 'needs exactly one of present: true and upload';

const externalFtp = z
  .strictObject({ url: moduleUrl('ftp'), userEnv, passwordEnv, present, upload })
  .refine(presentOrUpload, needsOne)
  .optional()
  .describe('An FTP server that is not ours, instead of listen and advertise');
const externalHttp = z
  .strictObject({ url: moduleUrl('http'), present, upload })
  .refine(presentOrUpload, needsOne)
  .optional()
  .describe('An HTTP server that is not ours, instead of listen and advertise');

const own = { listen: listenAddress.optional(), advertise: advertisedAddress.optional(), longestHost };

interface Either {
  readonly listen?: string | undefined;
  readonly advertise?: string | undefined;
  readonly external?: object | undefined;
}

/** A server of our own has both addresses, one that is not ours has neither. */
function checkEither(server: Either & Record<string, unknown>, context: z.RefinementCtx): void {
  const problem = (message: string, path: string[] = []): void => {
    context.addIssue({ code: 'custom', path, message });
  };
  if (server.external === undefined) {
    for (const key of ['listen', 'advertise'] as const) {
      if (server[key] === undefined)
        problem(`is missing: a server of our own needs listen and advertise; or say external`, [key]);
    }
    return;
  }
  for (const key of ['listen', 'advertise', 'passivePorts', 'longestHost']) {
    if (server[key] !== undefined) problem('does not go with external: that server is not ours', [key]);
  }
}

const ftp = z
  .strictObject({
    ...own,
    passivePorts: text(/^\d{1,5}-\d{1,5}$/, 'first-last, for example 50000-50100')
      .optional()
      .describe('Ports of passive data connections, first-last; all of them must be reachable for the module'),
    external: externalFtp,
  })
  .superRefine((server, context) => {
    checkEither(server, context);
    const { listen, passivePorts } = server;
    const range = passivePorts === undefined ? undefined : portRange(passivePorts);
    if (range === undefined) return;
    const problem = (message: string): void => {
      context.addIssue({ code: 'custom', path: ['passivePorts'], message });
    };
    if (range.first < 1 || range.last > 65_535) problem('needs ports from 1 to 65535');
    if (range.first > range.last) problem('needs the first port not above the last');
    const port = listen === undefined ? undefined : parseHostPort(listen).port;
    if (port !== undefined && range.first <= port && port <= range.last) {
      problem(`needs to leave out ${String(port)}, which the server listens on`);
    }
  });
const http = z.strictObject({ ...own, external: externalHttp }).superRefine(checkEither);

export const deliveryDefinition = z
  .strictObject({
    ftp: ftp.optional().describe('Our FTP server and how the module reaches it, or one that is not ours'),
    http: http.optional().describe('Our HTTP server and how the module reaches it, or one that is not ours'),
    ufs: z.boolean().default(false).describe('Packages may be uploaded to /data/ufs'),
    sd: z.boolean().default(false).describe('An SD card is in: packages may be uploaded to /media/card'),
  })
  .describe('Ways a package can reach the module; tests of others are skipped');

type Delivery = z.output<typeof deliveryDefinition>;
type Ftp = NonNullable<Delivery['ftp']>;
type Http = NonNullable<Delivery['http']>;
export type ExternalFtp = NonNullable<Ftp['external']>;
export type ExternalHttp = NonNullable<Http['external']>;

/** A server of our own: where it listens, and how the module reaches it. */
export interface OwnServer {
  readonly listen: string;
  readonly advertise: string;
  readonly longestHost?: string | undefined;
  readonly passivePorts?: string | undefined;
}

/** The definition of a server of our own; undefined for one that is not ours, and for none. */
export function ownServer(definition: Ftp | Http | undefined): OwnServer | undefined {
  const { listen, advertise } = definition ?? {};
  return listen === undefined || advertise === undefined ? undefined : { ...definition, listen, advertise };
}

/** How the module reaches a server, ours or not; undefined when the rig has none. */
export function reachedAt(
  protocol: 'ftp' | 'http',
  delivery: Delivery,
): { readonly host: string; readonly port: number } | undefined {
  const definition = delivery[protocol];
  if (definition?.external !== undefined) {
    const { host, port } = parseBaseUrl(definition.external.url);
    return { host, port: port ?? { ftp: 21, http: 80 }[protocol] };
  }
  const server = ownServer(definition);
  return server === undefined ? undefined : parseHostPort(server.advertise);
}

/** The ports of `first-last`, both included. */
export function portRange(value: string): { readonly first: number; readonly last: number } | undefined {
  const [, first, last] = /^(\d{1,5})-(\d{1,5})$/.exec(value) ?? [];
  return first === undefined || last === undefined ? undefined : { first: Number(first), last: Number(last) };
}
