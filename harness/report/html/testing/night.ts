/** Journals of whole nights in the real vocabulary, for tests and measurements: any number of trials, with a window in which cuts brick the module. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { seeded, type Random } from '../../../base/random.js';
import { cutId, phaseOf, pointText, type CutPoint, type CutTrial } from '../../../campaign/cut.js';
import type { EventBody, Identity, JournalEvent, PackageFacts, Source } from '../../../journal/events.js';

export interface NightOptions {
  readonly trials: number;
  readonly seed?: number;
  readonly rig?: string;
  /** Cuts at these percentages, both included, leave the module dead. */
  readonly bricks?: readonly [from: number, to: number];
  /** Of how many trials one is missed, and one without proof; 0 for none. */
  readonly spoilt?: number;
  /** Of how many trials one has a cut in each of three attempts. */
  readonly sequences?: number;
  /** What the module says between its reports. */
  readonly says?: readonly string[];
  readonly packageName?: string;
}

const v12 = 'EC25EFAR06A12M4G';
const v13 = 'EC25EFAR06A13M4G';
const sources: readonly Source[] = ['ftp', 'http', 'ufs', 'sd'];
const began = Date.parse('2026-01-31T22:00:00.000Z');

/** The night's events one by one: a large one is never held as a whole. */
export function* night(options: NightOptions): Iterable<JournalEvent> {
  const writer = new Night(options);
  yield* writer.opening();
  for (let number = 1; number <= options.trials; number += 1) yield* writer.trial(number);
  yield* writer.closing();
}

/** Writes a night as a journal file; gives its size in bytes. */
export function writeNight(file: string, options: NightOptions): number {
  return writeEvents(file, night(options));
}

/** Writes events as a journal file; gives its size in bytes. */
export function writeEvents(file: string, events: Iterable<JournalEvent>): number {
  const descriptor = openSync(file, 'w');
  let [size, lines] = [0, ''];
  const flush = (): void => {
    size += writeSync(descriptor, lines);
    lines = '';
  };
  for (const event of events) {
    lines += `${JSON.stringify(event)}\n`;
    if (lines.length > 1_000_000) flush();
  }
  flush();
  closeSync(descriptor);
  return size;
}

class Night {
  readonly #random: Random;
  readonly #rig: string;
  #t = 1_000_000;
  #n = 0;
  #events: JournalEvent[] = [];
  #command = 0;
  #power = 0;
  #request = 0;
  #upgrade = 0;
  #failed = 0;
  #upgradeId = '';
  readonly #up: PackageFacts;
  readonly #down: PackageFacts;

  constructor(private readonly options: NightOptions) {
    this.#random = seeded(options.seed ?? 1, 'a night');
    this.#rig = options.rig ?? 'ec25-a';
    const facts = { size: 4_203_817, contents: 'sound' } as const;
    const file = options.packageName ?? 'update-v12-to-v13.zip';
    this.#up = { ...facts, file, sha256: '3640ebe7'.repeat(8), from: 'v12', to: 'v13' };
    this.#down = { ...facts, file: 'update-v13-to-v12.zip', sha256: '32f0835c'.repeat(8), from: 'v13', to: 'v12' };
  }

  *opening(): Iterable<JournalEvent> {
    const argv = ['run', '--rig', `rigs/${this.#rig}.yaml`, '--packages', 'rigs/packages/v12-v13.yaml', '--cuts', '2000'];
    const harness = { version: '0.1.0', commit: '3414415e1646', node: 'v20.20.2' };
    const host = { name: 'lab-1', cpus: 4 };
    this.#say({ type: 'run.start', format: 1, run: '2026-01-31T22-00-00-000Z', seed: 7, harness, host, argv }, false);
    this.#say({
      type: 'rig.start',
      profile: {
        name: this.#rig,
        module: 'EC25',
        imei: '861107030000001',
        lines: ['at', 'uart'],
        sources: [...sources],
        firmware: { retries: 5, reading: 'either', afterRetries: 'rolled-back' },
        limits: { boot: 60_000, download: 300_000, upgrade: 1_200_000 },
        scale: 1,
        simulated: false,
      },
    });
    const versions = { v12, v13 };
    this.#say({ type: 'pair', name: 'EC25EFAR06 v12-v13', module: 'EC25', versions, upgrade: this.#up, downgrade: this.#down });
    this.#say({ type: 'line.open', line: 'uart', path: '/dev/ttyS1', device: '/dev/ttyS1' });
    this.#say({ type: 'power.do', id: this.#nextPower(), wire: 'supply', action: 'on', why: 'the rig is opened' });
    this.#appears();
    this.#say({ type: 'rig.ready', took: 4000 });
    yield* this.#given();
  }

  *closing(): Iterable<JournalEvent> {
    this.#say({ type: 'rig.end', powerSafe: true, why: 'done' });
    const reason = this.#failed > 0 ? `${String(this.#failed)} tests failed` : 'all conform';
    this.#say({ type: 'run.end', exit: this.#failed > 0 ? 1 : 0, reason }, false);
    yield* this.#given();
  }

  *trial(number: number): Iterable<JournalEvent> {
    const { spoilt = 0, sequences = 0, bricks } = this.options;
    const source = sources[number % sources.length] ?? 'ufs';
    const fate = spoilt > 0 && number % spoilt === 0 ? (number % (2 * spoilt) === 0 ? 'missed' : 'invalid') : 'valid';
    const several = sequences > 0 && number % sequences === 0 && fate === 'valid';
    const cut: CutTrial = { source, points: several ? this.#sequence() : [this.#point(number)] };
    const percents = cut.points.map((point) => (point.anchor === 'updating' ? (point.percent ?? 0) : -1));
    const dead =
      fate === 'valid' && !several && bricks !== undefined && percents.some((at) => at >= bricks[0] && at <= bricks[1]);
    const id = cutId(cut);
    const test = `power-cut: power cut at random, in strata ${id}`;
    const trial = `${this.#rig}/${String(number)}`;
    this.#say({
      type: 'test.start',
      test,
      suite: 'power-cut',
      requirements: ['DG-20', 'DH-01', 'DH-02', 'DH-03', 'DH-04', 'DH-07'],
    });
    this.#say({ type: 'trial.start', trial, cut: id, test });
    const start = this.#t;
    this.#begin('upgrade', source, test);
    this.#interrupted(cut, trial, dead, fate);
    const failed = dead ? 'DG-20 normal.reached: the module did not come back to normal mode' : undefined;
    if (dead) this.#failed += 1;
    this.#end(dead ? undefined : v13, dead ? 'fail' : fate === 'invalid' ? 'invalid' : 'pass');
    const point = cut.points[0] ?? { anchor: 'start', delay: 0 };
    this.#say({
      type: 'trial.end',
      trial,
      cut: id,
      upgrade: this.#upgradeId,
      package: this.#up.sha256,
      revision: v12,
      outcome: fate === 'valid' ? (dead ? 'failed' : 'survived') : fate,
      ...(dead ? { owner: 'firmware' } : fate === 'invalid' ? { owner: 'rig' } : {}),
      phase: phaseOf(point),
      achieved:
        fate === 'missed'
          ? 'no cut'
          : percents[0] === -1
            ? 'after-end'
            : `recovery at ${String(percents[0])} %, ${String(point.delay + 1)} ms after the last report`,
      ...(failed === undefined ? {} : { why: failed }),
      took: this.#t - start,
    });
    if (dead) {
      this.#say({
        type: 'test.end',
        test,
        status: 'failed',
        why: `${trial} failed: ${failed ?? ''}\n  achieved: ${pointText(point)}`,
      });
      this.#say({ type: 'restore.rung', rung: 'restore-command', why: 'after the test', ok: true, detail: `runs ${v12}` });
      this.#appears();
      yield* this.#given();
      return;
    }
    this.#begin('downgrade', 'ufs', test);
    this.#flash(0, 100);
    this.#finish();
    this.#end(v12, 'pass');
    const status = fate === 'valid' ? 'passed' : 'invalid';
    this.#say({ type: 'test.end', test, status, ...(status === 'invalid' ? { why: `${trial} ${fate}` } : {}) });
    yield* this.#given();
  }

  #point(number: number): CutPoint {
    if (number % 17 === 0) return { anchor: 'end', delay: 500 };
    const percent = Math.min(100, Math.max(1, Math.floor(this.#random.next() * 101)));
    return { anchor: 'updating', percent, delay: this.#random.int(0, 2000) };
  }

  #sequence(): CutPoint[] {
    return [0, 1, 2].map((step) => ({ anchor: 'updating', percent: 20 + step * 20 + this.#random.int(0, 9), delay: 0 }));
  }

  #begin(step: 'upgrade' | 'downgrade', source: Source, test: string): void {
    const facts = step === 'upgrade' ? this.#up : this.#down;
    this.#upgrade += 1;
    this.#upgradeId = `${this.#rig}#${String(this.#upgrade)}`;
    const target = {
      ftp: `ftp://mgssw5kg:***@lab.example.net:21/${facts.file}`,
      http: `http://lab.example.net:80/${facts.file}`,
      ufs: `/data/ufs/${facts.file}`,
      sd: `/media/card/${facts.file}`,
    }[source];
    this.#identity(step === 'upgrade' ? v12 : v13);
    this.#say({ type: 'delivery.publish', source, name: facts.file, target, size: facts.size, sha256: facts.sha256 });
    this.#say({
      type: 'upgrade.start',
      upgrade: this.#upgradeId,
      step,
      source,
      target,
      targetLength: target.length,
      package: facts,
      intent: 'valid',
      test,
    });
    const upgrade = this.#upgradeId;
    this.#say({ type: 'module.identity', when: 'before', upgrade, identity: identityOf(step === 'upgrade' ? v12 : v13) });
    this.#say({
      type: 'module.files',
      when: 'before',
      upgrade,
      files: { ufs: [], sd: [], ufsFree: 9_194_304, sdFree: 8_388_608 },
    });
    this.#ask(`AT+QFOTADL="${target}"`, []);
    if (source === 'ftp' || source === 'http') this.#download(source, facts);
    this.#leaves();
    this.#t += 20_000;
    this.#appears();
  }

  #download(protocol: 'ftp' | 'http', { file, size }: PackageFacts): void {
    this.#request += 1;
    const at = { protocol, connection: this.#request, request: this.#request } as const;
    this.#report(`${protocol.toUpperCase()}START`);
    this.#say({ type: 'server.connection', protocol, connection: at.connection, peer: '10.0.0.2:36128', state: 'open' });
    if (protocol === 'ftp') this.#say({ type: 'server.login', connection: at.connection, user: 'mgssw5kg', accepted: true });
    this.#say({ type: 'server.request', ...at, verb: protocol === 'ftp' ? 'RETR' : 'GET', path: `/${file}` });
    const took = 40_000 + this.#random.int(0, 20_000);
    this.#t += took;
    this.#say({ type: 'server.response', ...at, code: protocol === 'ftp' ? 226 : 200, size, sent: size, whole: true, took });
    this.#say({ type: 'server.connection', protocol, connection: at.connection, peer: '10.0.0.2:36128', state: 'close' });
    this.#report(`${protocol.toUpperCase()}END`, 0);
  }

  /** The upgrade with its cuts. */
  #interrupted({ points }: CutTrial, trial: string, dead: boolean, fate: 'valid' | 'missed' | 'invalid'): void {
    let from = 0;
    for (const [index, point] of points.entries()) {
      if (fate === 'missed') break;
      const late = point.anchor === 'end';
      const percent = late ? 100 : (point.percent ?? 0);
      this.#flash(from, percent);
      if (late) this.#report('END', 0);
      this.#t += point.delay;
      this.#cut(trial, index, pointText(point), fate === 'valid', dead);
      if (dead) return;
      from = percent;
      if (late) return this.#normal();
    }
    this.#flash(from, 100);
    this.#finish();
  }

  #flash(from: number, to: number): void {
    this.#report('START');
    for (let percent = from; percent <= to; percent += 1) {
      this.#t += 3000 + this.#random.int(0, 3000);
      this.#report('UPDATING', percent);
    }
    for (const data of this.options.says ?? []) this.#say({ type: 'line.rx', line: 'uart', data });
  }

  #finish(): void {
    this.#report('END', 0);
    this.#leaves();
    this.#t += 12_000 + this.#random.int(0, 4000);
    this.#appears();
    this.#normal();
  }

  #normal(): void {
    for (const line of ['uart', 'at']) this.#rx(line, 'RDY', '+CFUN: 1', '+CPIN: READY');
    this.#say({ type: 'module.ready', line: 'at', how: 'urc', took: 13_000 });
    for (let poll = 0; poll < 4; poll += 1) {
      this.#ask('AT+CPIN?', ['+CPIN: READY']);
      this.#ask('AT+CREG?', [`+CREG: 0,${poll < 3 ? '2' : '1'}`]);
    }
  }

  #cut(trial: string, index: number, asked: string, proven: boolean, dead: boolean): void {
    const supply = this.#nextPower();
    const { n } = this.#say({ type: 'power.do', id: supply, wire: 'supply', action: 'off', why: `${trial} at ${asked}` });
    const vbus = this.#nextPower();
    this.#say({ type: 'power.do', id: vbus, wire: 'vbus', action: 'off', why: `${trial} at ${asked}` });
    this.#say({ type: 'trial.cut', trial, index, asked, powerEvent: n, latency: 0.24 });
    if (proven) this.#say({ type: 'power.status', on: false, how: 'edge' });
    if (proven) this.#leaves();
    this.#say({ type: 'power.done', id: supply, took: 1.8 });
    this.#say({ type: 'power.done', id: vbus, took: 1.7 });
    this.#t += 3000;
    for (const wire of ['supply', 'vbus'] as const) {
      const id = this.#nextPower();
      this.#say({ type: 'power.do', id, wire, action: 'on', why: `${trial}: back after the cut` });
      this.#say({ type: 'power.done', id, took: 0.8 });
    }
    this.#say({
      type: 'power.do',
      id: this.#nextPower(),
      wire: 'powerKey',
      action: 'press',
      ms: 500,
      why: `${trial}: back after the cut`,
    });
    if (dead) {
      this.#t += 60_000;
      for (let poll = 0; poll < 3; poll += 1) this.#ask('AT', undefined, 'uart');
      this.#t += 1_200_000;
      return;
    }
    this.#t += 4000;
    if (proven) this.#say({ type: 'power.status', on: true, how: 'edge' });
    this.#t += 8000;
    if (proven) this.#appears();
  }

  #end(revision: string | undefined, result: 'pass' | 'fail' | 'invalid'): void {
    const upgrade = this.#upgradeId;
    if (revision !== undefined) {
      this.#identity(revision);
      this.#say({ type: 'module.identity', when: 'after', upgrade, identity: identityOf(revision) });
      this.#say({
        type: 'module.files',
        when: 'after',
        upgrade,
        files: { ufs: [], sd: [], ufsFree: 9_194_304, sdFree: 8_388_608 },
      });
    }
    const why = revision === undefined ? 'limit' : 'normal-mode';
    this.#say({ type: 'upgrade.end', upgrade, why, detail: revision === undefined ? 'the limit ran out' : `runs ${revision}` });
    const held = {
      fail: { rule: 'normal.reached', owner: 'firmware', text: 'the module did not come back to normal mode' },
      invalid: { rule: 'power.proof', owner: 'rig', text: 'power was switched off, but nothing shows that it went' },
    } as const;
    const findings = result === 'pass' ? [] : [{ ...held[result], requirement: 'DG-20', events: [] }];
    this.#say({ type: 'verdict', upgrade, result, ending: result === 'fail' ? 'unresponsive' : 'upgraded', findings });
  }

  #identity(revision: string): void {
    const { imei = '', iccid = '' } = identityOf(revision);
    this.#ask('ATI', ['Quectel', 'EC25', `Revision: ${revision}`]);
    this.#ask('AT+CGSN', [imei]);
    this.#ask('AT+QCCID', [`+QCCID: ${iccid}`]);
    this.#ask('AT+CFUN?', ['+CFUN: 1']);
    this.#ask('AT+QFLST="*"', []);
    this.#ask('AT+QFLDS="UFS"', ['+QFLDS: 9194304,9388608']);
  }

  /** A command and what came back; undefined: nothing did. */
  #ask(text: string, lines: readonly string[] | undefined, line = 'at'): void {
    this.#command += 1;
    const id = this.#command;
    this.#say({ type: 'at.command', line, id, text, deadline: 2000 });
    this.#say({ type: 'line.tx', line, size: text.length + 1, data: `${text}\r` });
    const took = lines === undefined ? 2000 : 3 + this.#random.int(0, 30) / 10;
    this.#t += took;
    if (lines !== undefined) this.#rx(line, ...lines, 'OK');
    this.#say({ type: 'at.answer', line, id, result: lines === undefined ? 'timeout' : 'OK', lines: [...(lines ?? [])], took });
  }

  #rx(line: string, ...texts: string[]): void {
    for (const text of texts) this.#say({ type: 'line.rx', line, data: `\r\n${text}\r\n` });
  }

  #report(name: string, value?: number): void {
    for (const line of ['uart', 'at']) this.#rx(line, `+QIND: "FOTA","${name}"${value === undefined ? '' : `,${String(value)}`}`);
  }

  #leaves(): void {
    this.#say({ type: 'line.lost', line: 'at', why: 'the device left' });
    this.#say({ type: 'line.gone', line: 'at', path: '1-1.4:2' });
  }

  #appears(): void {
    this.#say({ type: 'line.appeared', line: 'at', path: '1-1.4:2', device: '/dev/ttyUSB2' });
    this.#t += 3;
    this.#say({ type: 'line.open', line: 'at', path: '1-1.4:2', device: '/dev/ttyUSB2', sinceAppeared: 3 });
  }

  #nextPower(): number {
    this.#power += 1;
    return this.#power;
  }

  #say(body: EventBody, ofRig = true): JournalEvent {
    this.#n += 1;
    this.#t += 0.1;
    const at = new Date(began + this.#t - 1_000_000).toISOString();
    const event: JournalEvent = {
      n: this.#n,
      t: Math.round(this.#t * 1000) / 1000,
      at,
      ...(ofRig ? { rig: this.#rig } : {}),
      ...body,
    };
    this.#events.push(event);
    return event;
  }

  *#given(): Iterable<JournalEvent> {
    const events = this.#events;
    this.#events = [];
    yield* events;
  }
}

function identityOf(revision: string): Identity {
  return {
    revision,
    imei: '861107030000001',
    iccid: '89882806660300000001',
    sim: 'READY',
    registration: '1',
    apn: 'internet',
    cfun: '1',
  };
}
