/** Writes the journal of an upgrade as a person would tell it; times pass only when told to. */
import type {
  CommandIntent,
  DeliveryFault,
  EventBody,
  FaultName,
  FileList,
  Identity,
  JournalEvent,
  PackageFacts,
  RigProfile,
  Source,
} from '../../journal/events.js';

export const v12 = 'EC25EFAR06A12M4G';
export const v13 = 'EC25EFAR06A13M4G';

export const soundIdentity: Identity = {
  revision: v12,
  imei: '861107030000001',
  iccid: '89860000000000000001',
  sim: 'READY',
  registration: '1',
  epsRegistration: '1',
  apn: 'internet',
  apnContext: '1,1',
  cfun: '1',
};

export const profile: RigProfile = {
  name: 'ec25-a',
  module: 'EC25',
  imei: '861107030000001',
  lines: ['at', 'uart'],
  sources: ['ftp', 'http', 'ufs', 'sd'],
  firmware: { retries: 5, reading: 'either', afterRetries: 'rolled-back' },
  limits: { boot: 60_000, download: 300_000, upgrade: 1_200_000 },
  scale: 1,
  simulated: false,
};

const keepsake = { name: 'keep-me.bin', size: 3001, checksum: '1a2b' };
const size = 200_000;

export interface StartOptions {
  readonly intent?: CommandIntent;
  readonly contents?: PackageFacts['contents'];
  readonly fault?: DeliveryFault;
  readonly noRoom?: boolean;
  readonly target?: string;
  readonly step?: 'upgrade' | 'downgrade';
  /** SHA-256 of the file that was made ready, when it is not the package's. */
  readonly made?: string;
}

/** The other answers of a module that runs this revision as a whole. */
const alsoNamed = (revision: string): Pick<Identity, 'qgmr' | 'gmr' | 'cgmr'> => ({
  qgmr: `${revision}_01.001.01.001`,
  gmr: revision,
  cgmr: revision,
});

export class Script {
  readonly #events: JournalEvent[] = [];
  #t = 1000;
  #command = 0;
  #request = 0;
  #power = 0;
  #source: Source = 'ftp';
  #id = 'u0';
  #before: Identity = soundIdentity;
  #profile: RigProfile;

  constructor(change: Partial<RigProfile> = {}) {
    this.#profile = { ...profile, ...change };
    this.event({ type: 'rig.start', profile: this.#profile });
    const facts = {
      file: 'update-v12-to-v13.zip',
      size,
      sha256: 'ab'.repeat(32),
      from: 'v12',
      to: 'v13',
      contents: 'sound',
    } as const;
    this.event({
      type: 'pair',
      name: 'v12-v13',
      module: 'EC25',
      versions: { v12, v13 },
      upgrade: facts,
      downgrade: { ...facts, file: 'update-v13-to-v12.zip', from: 'v13', to: 'v12' },
    });
    for (const line of this.#profile.lines) {
      this.event({ type: 'line.open', line, path: `/run/${line}`, device: line === 'at' ? '/dev/ttyUSB2' : '/dev/ttyS1' });
    }
  }

  get events(): readonly JournalEvent[] {
    return this.#events;
  }

  event(body: EventBody): this {
    const stamp = { n: this.#events.length + 1, t: this.#t, at: new Date(this.#t).toISOString(), rig: this.#profile.name };
    this.#events.push({ ...stamp, ...body });
    this.#t += 1;
    return this;
  }

  wait(ms: number): this {
    this.#t += ms;
    return this;
  }

  /** Identity and files before, upgrade.start, and the publication of a package that a server hands out. */
  start(source: Source, options: StartOptions = {}): this {
    const { intent = 'valid', contents = 'sound', fault, noRoom, step = 'upgrade' } = options;
    const [from, to] = step === 'upgrade' ? ['v12', 'v13'] : ['v13', 'v12'];
    const file = `update-${from}-to-${to}.zip`;
    this.#source = source;
    this.#id = `u${String(Number(this.#id.slice(1)) + 1)}`;
    const revision = step === 'upgrade' ? v12 : v13;
    this.#before = { ...soundIdentity, revision, ...alsoNamed(revision) };
    const local = source === 'ufs' || source === 'sd';
    const target =
      options.target ??
      {
        ftp: `ftp://test:***@lab.example.net:21/${file}`,
        http: `http://lab.example.net:80/${file}`,
        ufs: `/data/ufs/${file}`,
        sd: `/media/card/${file}`,
      }[source];
    const sha256 = 'ab'.repeat(32);
    this.event({ type: 'module.identity', when: 'before', upgrade: this.#id, identity: this.#before });
    this.event({ type: 'module.files', when: 'before', upgrade: this.#id, files: this.#files(local ? file : undefined) });
    this.event({ type: 'delivery.publish', source, name: file, target, size, sha256: options.made ?? sha256 });
    this.event({
      type: 'upgrade.start',
      upgrade: this.#id,
      step,
      source,
      target,
      targetLength: target.length,
      package: { file, size, sha256, from, to, contents },
      intent,
      ...(fault === undefined ? {} : { fault }),
      ...(noRoom === undefined ? {} : { noRoom }),
    });
    return fault === undefined ? this : this.event({ type: 'delivery.fault', source, fault, state: 'struck' });
  }

  /** The command and its answer; `result` may carry a code (`+CME ERROR: 4000`). */
  command(result: 'OK' | 'ERROR' | '+CME ERROR' | 'timeout' = 'OK', line = 'at'): this {
    this.#command += 1;
    const id = this.#command;
    this.event({ type: 'at.command', line, id, text: 'AT+QFOTADL="…"', deadline: 5000 });
    if (result !== 'timeout') this.rx(line, result === '+CME ERROR' ? '+CME ERROR: 4000' : result);
    return this.event({ type: 'at.answer', line, id, result, lines: [], took: 5 });
  }

  /** Raw lines of one line, each with its terminator. */
  rx(line: string, ...texts: string[]): this {
    for (const text of texts) this.event({ type: 'line.rx', line, data: `\r\n${text}\r\n` });
    return this;
  }

  raw(line: string, data: string): this {
    return this.event({ type: 'line.rx', line, data });
  }

  /** Upgrade reports on every line that is given: `FTPSTART`, `FTPEND,0`, `UPDATING,12` … */
  say(lines: readonly string[], ...reports: (string | number)[]): this {
    for (const report of reports) {
      const [name, value] = typeof report === 'number' ? ['UPDATING', String(report)] : report.split(',');
      for (const line of lines) this.rx(line, `+QIND: "FOTA","${name ?? ''}"${value === undefined ? '' : `,${value}`}`);
      this.wait(500);
    }
    return this;
  }

  leaves(line = 'at'): this {
    return this.event({ type: 'line.lost', line, why: 'device left' }).event({ type: 'line.gone', line, path: `/run/${line}` });
  }

  returns(line = 'at'): this {
    this.event({ type: 'line.appeared', line, path: `/run/${line}`, device: '/dev/ttyUSB2' }).wait(50);
    return this.event({ type: 'line.open', line, path: `/run/${line}`, device: '/dev/ttyUSB2', sinceAppeared: 50 });
  }

  reboots(): this {
    return this.leaves().wait(5000).returns();
  }

  /** On the bus, in its place, as something else; `left` after so many ms, by itself. */
  otherDevice(kind: 'emergency-download' | 'dump', options: { readonly doubtful?: boolean; readonly left?: number } = {}): this {
    const { doubtful, left } = options;
    const path = '1-1';
    const more = doubtful === true ? { doubtful } : {};
    this.event({ type: 'module.device', kind, detail: `${kind} at usb ${path}`, path, ...more });
    if (left === undefined) return this;
    return this.wait(left - 1).event({ type: 'usb.left', path, vendor: 0x2c7c, product: 0x0125 });
  }

  cut(): this {
    this.#power += 2;
    const id = this.#power;
    this.event({ type: 'power.do', id, wire: 'supply', action: 'off', why: 'cut' }).event({ type: 'power.done', id, took: 1 });
    this.leaves().event({ type: 'power.status', on: false, how: 'edge' }).wait(3000);
    this.event({ type: 'power.do', id: id + 1, wire: 'supply', action: 'on', why: 'cut' });
    this.event({ type: 'power.do', id: id + 1, wire: 'powerKey', action: 'press', ms: 600, why: 'cut' });
    return this.wait(5000).returns();
  }

  /** The servers' side of a whole download, or of `sent` bytes of it. */
  served(
    options: {
      readonly path?: string;
      readonly sent?: number;
      readonly code?: number;
      readonly user?: string;
      readonly accepted?: boolean;
      readonly sha256?: string;
    } = {},
  ): this {
    const protocol = this.#source === 'ftp' ? 'ftp' : 'http';
    const {
      path = `/update-${this.#before.revision === v12 ? 'v12-to-v13' : 'v13-to-v12'}.zip`,
      sent = size,
      user = 'test',
      accepted = true,
    } = options;
    this.#request += 1;
    const at = { protocol, connection: this.#request, request: this.#request } as const;
    const code = options.code ?? (protocol === 'ftp' ? 226 : 200);
    this.event({ type: 'server.connection', protocol, connection: at.connection, peer: '10.0.0.2:4711', state: 'open' });
    if (protocol === 'ftp') this.event({ type: 'server.login', connection: at.connection, user, accepted });
    this.event({ type: 'server.request', ...at, verb: protocol === 'ftp' ? 'RETR' : 'GET', path });
    const digest = options.sha256 === undefined ? {} : { sha256: options.sha256 };
    return this.event({ type: 'server.response', ...at, code, size, sent, ...digest, whole: sent === size, took: 900 });
  }

  /** RDY and the answer to AT. */
  normal(lines: readonly string[] = ['at', 'uart']): this {
    for (const line of lines) this.rx(line, 'RDY', '+CFUN: 1', '+CPIN: READY');
    return this.event({ type: 'module.ready', line: 'at', how: 'urc', took: 10_000 });
  }

  /** Reboots into normal mode on the new version, as a sound upgrade does after END,0. */
  upgraded(lines?: readonly string[]): Script {
    return this.reboots().normal(lines).end().after({ revision: v13 });
  }

  /** START, progress and END,0 on both lines, then the new version. */
  flashes(): Script {
    return this.say(both, 'START', 50, 100, 'END,0').upgraded();
  }

  end(why: Extract<JournalEvent, { type: 'upgrade.end' }>['why'] = 'normal-mode', detail?: string): this {
    return this.event({ type: 'upgrade.end', upgrade: this.#id, why, ...(detail === undefined ? {} : { detail }) });
  }

  /** What is read back afterwards; `change` differs from before. */
  after(change: Identity, files?: FileList): this {
    const named = change.revision === undefined ? {} : alsoNamed(change.revision);
    this.event({ type: 'module.identity', when: 'after', upgrade: this.#id, identity: { ...this.#before, ...named, ...change } });
    return this.event({ type: 'module.files', when: 'after', upgrade: this.#id, files: files ?? this.#files(undefined) });
  }

  #files(extra: string | undefined): FileList {
    return { ufs: [keepsake, ...(extra === undefined ? [] : [{ name: extra, size }])], sd: [keepsake], ufsFree: 1_000_000 };
  }
}

export const both = ['at', 'uart'] as const;

export function script(change: Partial<RigProfile> = {}): Script {
  return new Script(change);
}

const percentages = [0, 12, 37, 64, 96];

/** A conforming upgrade over any source up to where the flash begins. */
export function fetched(source: Source, options: StartOptions = {}, story = script()): Script {
  story.start(source, options).command();
  if (source === 'ftp' || source === 'http') {
    const name = source.toUpperCase();
    story.say(both, `${name}START`).served().say(both, `${name}END,0`);
  }
  return story.wait(1000).reboots();
}

/** A conforming upgrade, END,0 included; USB opens late and misses START. */
export function flashed(source: Source, options: StartOptions = {}, story = script()): Script {
  return fetched(source, options, story)
    .say(['uart'], 'START')
    .say(both, ...percentages, 'END,0')
    .wait(1000)
    .reboots();
}

/** A whole conforming upgrade. */
export function sound(source: Source, options: StartOptions = {}, story = script()): Script {
  return flashed(source, options, story)
    .normal()
    .end()
    .after({ revision: options.step === 'downgrade' ? v12 : v13 });
}

/** A package that never applies: each of `count` attempts ends in `code`, then the old version runs. */
export function refused(count: number, code: number, options: StartOptions = {}, story = script()): Script {
  fetched('ftp', options, story);
  for (let attempt = 0; attempt < count; attempt += 1)
    story
      .say(['uart'], 'START')
      .say(both, 3, `END,${String(code)}`)
      .wait(500)
      .reboots();
  return story.normal().end().after({});
}

export const fault = (name: FaultName, percent?: number): DeliveryFault => (percent === undefined ? { name } : { name, percent });
