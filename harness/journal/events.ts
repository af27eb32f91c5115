/**
 * The vocabulary of a run. Everything the harness does or sees is one of these events; every verdict and every report is
 * computed from them. Checked by zod only where a journal is read (`reader.ts`): the writer's side is checked by the compiler.
 *
 * Bytes are written as latin-1 text: one character a byte (U+0000–U+00FF), so that a journal stays readable.
 * Times: `t` monotonic milliseconds (one scale for all processes of a machine), `at` wall time (ISO 8601, UTC).
 */
import { z } from 'zod';

export const sources = ['ftp', 'http', 'ufs', 'sd'] as const;
export type Source = (typeof sources)[number];

export const lineRoles = ['at', 'uart'] as const;
export type LineRole = (typeof lineRoles)[number];

const line = z.string();
const source = z.enum(sources);
const ms = z.number();

/** What is known of a delta package; `contents` says what the harness did to it before sending. */
export const packageFacts = z.object({
  file: z.string(),
  size: z.int(),
  sha256: z.string(),
  from: z.string(),
  to: z.string(),
  /** `sound`: the release's file, byte for byte. Anything else was made from it by a suite to be refused. */
  contents: z.enum(['sound', 'corrupt', 'truncated', 'not-a-zip', 'empty', 'wrong-base']),
});
export type PackageFacts = z.infer<typeof packageFacts>;

/** What the suite asked of the command itself: a source within the guide's limits must be accepted, another refused. */
export const commandIntent = z.enum([
  /** Within every limit; the file is there. */
  'valid',
  /** Breaks a limit of guide 3.1–3.3: must get ERROR and have no effect (DG-03 to DG-06). */
  'beyond-limit',
  /** Within every limit, yet nothing to fetch is there: must be accepted and end as a download failure. */
  'nothing-there',
  /** A local file that does not exist or lies outside /data/ufs/ and /media/card/: must get ERROR (DG-05). */
  'no-such-file',
]);
export type CommandIntent = z.infer<typeof commandIntent>;

export const faultNames = [
  'refuse',
  'wrong-password',
  'not-found',
  'stall',
  'reset',
  'truncate',
  'corrupt',
  'slow',
  'server-gone',
  'link-lost',
] as const;
export type FaultName = (typeof faultNames)[number];

export const deliveryFault = z.object({
  name: z.enum(faultNames),
  /** Where in the file it strikes (stall, reset, truncate, corrupt, server-gone, link-lost). */
  percent: z.number().optional(),
  /** slow: kB/s. */
  rate: z.number().optional(),
  /** link-lost: how long nothing goes through; not scaled. */
  ms: z.number().optional(),
  seed: z.int().optional(),
});
export type DeliveryFault = z.infer<typeof deliveryFault>;

export const identity = z.object({
  revision: z.string().optional(),
  /** Answer of AT+QGMR, with the sub-revision. */
  qgmr: z.string().optional(),
  /** Answers of AT+GMR and AT+CGMR. */
  gmr: z.string().optional(),
  cgmr: z.string().optional(),
  subEdition: z.string().optional(),
  imei: z.string().optional(),
  iccid: z.string().optional(),
  /** `READY`, `SIM PIN`, … */
  sim: z.string().optional(),
  /** Second number of +CREG: 1 home, 5 roaming. */
  registration: z.string().optional(),
  epsRegistration: z.string().optional(),
  apn: z.string().optional(),
  /** Type and authentication of the APN's context, as AT+QICSGP numbers them: `1,0`. */
  apnContext: z.string().optional(),
  cfun: z.string().optional(),
});
export type Identity = z.infer<typeof identity>;

export const fileList = z.object({
  ufs: z.array(z.object({ name: z.string(), size: z.int(), checksum: z.string().optional() })).optional(),
  sd: z.array(z.object({ name: z.string(), size: z.int(), checksum: z.string().optional() })).optional(),
  ufsFree: z.int().optional(),
  sdFree: z.int().optional(),
});
export type FileList = z.infer<typeof fileList>;

/** What a look into a package told before it was qualified. */
const lookedInto = z.object({
  file: z.string(),
  size: z.int(),
  sha256: z.string(),
  preBuild: z.string().optional(),
  postBuild: z.string().optional(),
  warnings: z.array(z.string()),
});

/** The part of a rig definition that verdicts depend on; times are already multiplied by the scale and floored. */
export const rigProfile = z.object({
  name: z.string(),
  module: z.string(),
  imei: z.string().optional(),
  lines: z.array(z.string()),
  sources: z.array(source),
  /** Those of them whose server is not ours: what the module does there is in no log of the harness. */
  external: z.array(source).optional(),
  firmware: z.object({
    retries: z.int(),
    /** `in-all`: five attempts in all; `plus-first`: the first attempt and five more; `either`: the guide can be read both ways. */
    reading: z.enum(['in-all', 'plus-first', 'either']),
    afterRetries: z.enum(['rolled-back', 'retries-for-ever']),
  }),
  /** `diagnosticsAlone`: left out by harnesses that did not wait for it. */
  limits: z.object({ boot: ms, download: ms, upgrade: ms, diagnosticsAlone: ms.optional() }),
  scale: z.number(),
  simulated: z.boolean(),
});
export type RigProfile = z.infer<typeof rigProfile>;

export const owners = ['firmware', 'package', 'network', 'rig', 'harness', 'undecided'] as const;
export type Owner = (typeof owners)[number];

export const endings = [
  'upgraded',
  'upgraded-silently',
  'rolled-back',
  'download-failed',
  'rejected',
  'retrying',
  'wrong-version',
  'degraded',
  'emergency-download',
  'dump',
  'unresponsive',
] as const;
export type Ending = (typeof endings)[number];

const event = <T extends string, S extends z.ZodRawShape>(type: T, shape: S) =>
  z.object({
    /** Number among the events of this rig (or of the run itself), from 1; a resumed run counts on. */
    n: z.int(),
    t: z.number(),
    at: z.string(),
    rig: z.string().optional(),
    type: z.literal(type),
    ...shape,
  });

export const eventSchema = z.discriminatedUnion('type', [
  event('run.start', {
    format: z.literal(1),
    run: z.string(),
    seed: z.int(),
    harness: z.object({ version: z.string(), commit: z.string().optional(), node: z.string() }),
    host: z.object({ name: z.string(), cpus: z.int() }),
    argv: z.array(z.string()),
  }),
  /** The run is to qualify a pair of packages: what its certificate rests on beside the other events. */
  event('qualification', {
    run: z.string(),
    /** The file as it was, whole. */
    criteria: z.object({ file: z.string(), text: z.string() }),
    packages: z.object({ upgrade: lookedInto, downgrade: lookedInto }),
    /** Valid cuts of the upgrade package, from the same revision, that the ledger knew of before. */
    /** The other parts, of other rigs, are made elsewhere: this one counts from 1. */
    part: z.object({ index: z.int(), of: z.int() }).optional(),
    earlier: z.array(z.object({ run: z.string(), rig: z.string(), phase: z.string(), survived: z.int(), failed: z.int() })),
  }),
  event('run.interrupted', { signal: z.string() }),
  event('run.end', { exit: z.int(), reason: z.string() }),
  /** In a merged journal: a run that is a part of it went on, by other processes than before, on these rigs (with the names that they have here). */
  event('part.resumed', { run: z.string(), rigs: z.array(z.string()) }),
  /** In a merged journal: what was to be in it and is not. Without it nothing passes. */
  event('part.missing', { what: z.string() }),

  event('rig.start', { profile: rigProfile }),
  event('rig.ready', { took: ms }),
  event('rig.fault', {
    what: z.string(),
    asked: z.string().optional(),
    seen: z.string().optional(),
    hint: z.string().optional(),
  }),
  /** The rig could not be restored: its other tests are skipped for this reason. */
  event('rig.aside', { reason: z.string() }),
  event('rig.end', { powerSafe: z.boolean(), why: z.string() }),

  event('pair', {
    name: z.string(),
    module: z.string(),
    versions: z.record(z.string(), z.string()),
    upgrade: packageFacts,
    downgrade: packageFacts,
  }),

  event('test.start', { test: z.string(), suite: z.string(), requirements: z.array(z.string()) }),
  event('test.end', {
    test: z.string(),
    status: z.enum(['passed', 'failed', 'skipped', 'invalid', 'inconclusive']),
    /** Of a failure or a skip. */
    why: z.string().optional(),
  }),

  /** A try that did not count because the rig or the harness spoilt it; the test goes on with the next. */
  event('test.try', { test: z.string(), number: z.int(), why: z.string() }),

  /** A USB device came to the rig's place on the bus, or left it. */
  event('usb.arrived', {
    path: z.string(),
    vendor: z.int(),
    product: z.int(),
    kind: z.enum(['module', 'emergency-download', 'dump', 'other']),
  }),
  event('usb.left', { path: z.string(), vendor: z.int(), product: z.int() }),

  event('line.appeared', { line, path: z.string(), device: z.string() }),
  event('line.gone', { line, path: z.string() }),
  /** `sinceAppeared`: from the device's appearance to our first read, when it was seen to appear. */
  event('line.open', { line, path: z.string(), device: z.string(), sinceAppeared: ms.optional() }),
  event('line.lost', { line, why: z.string() }),
  event('line.closed', { line }),
  event('line.rx', { line, data: z.string() }),
  /** Uploads are written by size and digest alone. */
  event('line.tx', { line, size: z.int(), data: z.string().optional(), sha256: z.string().optional() }),

  event('at.command', { line, id: z.int(), text: z.string(), deadline: ms }),
  event('at.answer', {
    line,
    id: z.int(),
    /** `OK`, `ERROR`, `+CME ERROR`, `+CMS ERROR`, `CONNECT`, or what ended the wait. */
    result: z.enum(['OK', 'ERROR', '+CME ERROR', '+CMS ERROR', 'CONNECT', 'timeout', 'lost']),
    code: z.string().optional(),
    lines: z.array(z.string()),
    took: ms,
  }),

  event('power.do', {
    id: z.int(),
    wire: z.enum(['supply', 'vbus', 'powerKey', 'reset']),
    action: z.enum(['on', 'off', 'press']),
    ms: ms.optional(),
    why: z.string(),
  }),
  event('power.done', {
    id: z.int(),
    took: ms,
    error: z.string().optional(),
    exit: z.int().optional(),
    stdout: z.string().optional(),
    stderr: z.string().optional(),
  }),
  /** `edgeAt`: when the kernel saw the edge, on the scale of `t`; not known from every kind of wires. */
  event('power.status', { on: z.boolean(), how: z.enum(['asked', 'edge']), edgeAt: ms.optional() }),
  /** The supply was cut to see whether it cuts. Times in ms from the end of the switching to what each witness told. */
  event('switch.proof', {
    wires: z.array(z.string()),
    /** How long the witnesses may take (limits.decay). */
    decay: ms,
    statusFell: ms.optional(),
    usbLeft: ms.optional(),
    /** The last sign of life on any line. */
    silentAfter: ms.optional(),
    /** The board started the module before PWRKEY was pressed. */
    startsByItself: z.boolean().optional(),
    ok: z.boolean(),
    /** What is wrong with the switch, and the witnesses in words. */
    problem: z.string().optional(),
    seen: z.string(),
  }),

  event('server.listen', { protocol: z.enum(['ftp', 'http']), listen: z.string(), advertise: z.string() }),
  event('server.connection', {
    protocol: z.enum(['ftp', 'http']),
    connection: z.int(),
    peer: z.string(),
    state: z.enum(['open', 'close']),
  }),
  event('server.login', { connection: z.int(), user: z.string(), accepted: z.boolean() }),
  event('server.request', {
    protocol: z.enum(['ftp', 'http']),
    connection: z.int(),
    request: z.int(),
    verb: z.string(),
    path: z.string(),
    /** First byte asked for, when not 0 (HTTP Range, FTP REST). */
    offset: z.int().optional(),
  }),
  event('server.response', {
    protocol: z.enum(['ftp', 'http']),
    connection: z.int(),
    request: z.int(),
    code: z.int(),
    /** Size of the file that was asked for, when there is one. */
    size: z.int().optional(),
    /** Bytes of the body handed to the network. */
    sent: z.int(),
    /** The client took everything and closed in good order. */
    whole: z.boolean(),
    /** SHA-256 of the body handed out, when that was the file on disk from its first byte to its last. */
    sha256: z.string().optional(),
    took: ms,
  }),
  event('delivery.publish', { source, name: z.string(), target: z.string(), size: z.int(), sha256: z.string() }),
  event('delivery.fault', {
    source,
    fault: deliveryFault,
    state: z.enum(['armed', 'struck', 'cleared']),
    detail: z.string().optional(),
  }),

  event('module.identity', {
    when: z.enum(['before', 'after', 'check']),
    upgrade: z.string().optional(),
    identity,
    /** What it answered, by key of `identity`, where it answered without the value: an error, or nothing but OK. */
    withheld: z.record(z.string(), z.string()).optional(),
  }),
  event('module.files', { when: z.enum(['before', 'after', 'check']), upgrade: z.string().optional(), files: fileList }),
  /** Normal mode: the module answers AT. `how`: a boot report was seen, or only the answer. */
  event('module.ready', { line, how: z.enum(['urc', 'answer']), took: ms }),
  /**
   * The module is on the bus, at `path`, as something else than itself. `doubtful`: only its single port says so, and a recovery or a
   * start may look like that as well, for a while.
   */
  event('module.device', {
    kind: z.enum(['emergency-download', 'dump']),
    detail: z.string(),
    path: z.string().optional(),
    doubtful: z.boolean().optional(),
  }),

  event('upgrade.start', {
    upgrade: z.string(),
    step: z.enum(['upgrade', 'downgrade']),
    source,
    /** The source string of AT+QFOTADL, passwords masked, and its true length in bytes. */
    target: z.string(),
    targetLength: z.int(),
    package: packageFacts,
    intent: commandIntent,
    fault: deliveryFault.optional(),
    /** The UFS had less room than the package's size when it started. */
    noRoom: z.boolean().optional(),
    test: z.string().optional(),
  }),
  /** The harness stopped watching, and why. */
  event('upgrade.end', {
    upgrade: z.string(),
    why: z.enum(['refused', 'download-failed', 'normal-mode', 'limit', 'other-device', 'interrupted', 'rig-fault']),
    detail: z.string().optional(),
  }),
  event('verdict', {
    upgrade: z.string(),
    /** What only several upgrades show together was judged: these, in order; `upgrade` is the last of them. */
    sequence: z.array(z.string()).optional(),
    ending: z.enum(endings).optional(),
    result: z.enum(['pass', 'fail', 'invalid', 'inconclusive']),
    findings: z.array(
      z.object({ rule: z.string(), requirement: z.string(), owner: z.enum(owners), text: z.string(), events: z.array(z.int()) }),
    ),
  }),

  /** A trial of power cuts. `trial`: unique in the run, `<rig>/<number>`; `cut`: the id that repeats it. */
  event('trial.start', { trial: z.string(), cut: z.string(), upgrade: z.string().optional(), test: z.string().optional() }),
  event('trial.cut', {
    trial: z.string(),
    /** Which point of the cut, from 0. */
    index: z.int(),
    asked: z.string(),
    /** `n` of the power.do event. */
    powerEvent: z.int(),
    /** From the last byte of the trigger read to the supply line written. */
    latency: ms.optional(),
    /** When the supply line was written, on the scale of `t`; `power.do` is written just after. */
    written: ms.optional(),
  }),
  event('trial.end', {
    trial: z.string(),
    cut: z.string(),
    upgrade: z.string().optional(),
    /** SHA-256 of the package. */
    package: z.string(),
    /** The module's revision before the trial. */
    revision: z.string(),
    outcome: z.enum(['survived', 'failed', 'missed', 'invalid']),
    owner: z.enum(owners).optional(),
    /** Phase of the first point asked. */
    phase: z.string(),
    achieved: z.string(),
    why: z.string().optional(),
    took: ms,
  }),

  event('restore.rung', {
    rung: z.enum(['wait', 'reboot', 'power-key', 'supply-cycle', 'downgrade', 'restore-command', 'aside']),
    why: z.string(),
    ok: z.boolean(),
    detail: z.string().optional(),
  }),
  /**
   * The harness's own event loop stood still for so long (`of` is left out then), or the process of a simulated unit did: what was timed
   * meanwhile is in doubt.
   */
  event('host.lag', { ms, of: z.enum(['harness', 'unit']).optional() }),
  event('note', { text: z.string() }),
]);

export type JournalEvent = z.infer<typeof eventSchema>;
export type EventType = JournalEvent['type'];
export type EventOf<T extends EventType> = Extract<JournalEvent, { type: T }>;
type Stamp = 'n' | 't' | 'at' | 'rig';
/** An event as handed to the writer, which stamps it. */
export type EventBody = { [T in EventType]: Omit<EventOf<T>, Stamp> }[EventType];
