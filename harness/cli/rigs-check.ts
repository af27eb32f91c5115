import { basename } from 'node:path';
import type { CommandModule } from 'yargs';
import { systemClock, type Clock } from '../base/clock.js';
import { RigFault } from '../base/errors.js';
import { Secrets } from '../base/secrets.js';
import { Teardown } from '../base/teardown.js';
import { describePair, listenForInterruption, takeRig, type TakenRig } from '../jest/take-rig.js';
import type { Identity } from '../journal/events.js';
import { memoryJournal, type Journal } from '../journal/journal.js';
import { asFault, failed, notTried, ok, type CheckRow } from '../module/check-row.js';
import { checkNetwork } from '../module/network-check.js';
import { checkReach } from '../module/reach-check.js';
import { openUnitExplained } from '../module/open-unit.js';
import type { SwitchProofOptions } from '../module/switch-proof.js';
import type { Pair, Unit } from '../module/types.js';
import { WireCheck } from '../module/wire-check.js';
import { checkPairFits, loadPair, loadRig } from '../rig/load.js';
import { maskImei, profileOf, secretsOf } from '../rig/profile.js';
import type { RigDefinition } from '../rig/schema.js';
import { namedJournal } from './named-journal.js';

interface CheckArguments {
  readonly rig: string;
  readonly packages?: string;
  readonly journal?: string;
}

export const check: CommandModule<object, CheckArguments> = {
  command: 'check <rig>',
  describe: 'Try a rig wire by wire',
  builder: (yargs) =>
    yargs
      .positional('rig', { type: 'string', demandOption: true, describe: 'Rig definition (YAML)' })
      .option('packages', {
        type: 'string',
        describe: 'Package pair (YAML): does the unit run one of its versions, is there room',
      })
      .option('journal', { type: 'string', describe: 'File to which everything that was done and seen is appended' })
      .example('dfota rigs check rigs/my-rig.yaml', 'every wire, SIM, network, and the way to the servers')
      .example('dfota rigs check rigs/my-rig.yaml --packages my-pair.yaml', 'and whether the packages fit')
      .epilogue(
        'Nothing is upgraded. The unit is switched off and on by PWRKEY where that is wired. Rows that cut the supply or reset the unit run only with safety.powerCuts; so does the row of VBUS on a rig without a supply wire, where VBUS may be what feeds the unit. ' +
          'As before a run, the report port and the indications are set (AT+QURCCFG, AT+QINDCFG), and full function (AT+CFUN=1) and the APN (AT+QICSGP) where they differ. A rig with a UART whose unit nothing else has restarted is rebooted once (AT+CFUN=1,1). ' +
          'Exit codes: 0 all well, 2 wrong use or definition, 3 something on the rig is at fault, 130 interrupted.',
      ) as never,
  handler: async ({ rig, packages, journal }) => {
    const { rows, interrupted } = await checkRig(rig, { packages, journal });
    process.stdout.write(text(rows));
    const bad = rows.some(({ result }) => result === 'FAILED');
    process.exitCode = interrupted ? 130 : bad ? 3 : 0;
  },
};

export interface Checked {
  readonly rows: readonly CheckRow[];
  readonly interrupted: boolean;
}

/** Tries everything that can be tried, in an order in which each finding is told where it belongs; leaves the rig safe. */
export async function checkRig(
  file: string,
  options: { packages?: string | undefined; journal?: string | undefined },
): Promise<Checked> {
  const clock = systemClock;
  const loaded = loadRig(file);
  const { definition: rig } = loaded;
  const pairFile = options.packages === undefined ? undefined : loadPair(options.packages);
  if (pairFile !== undefined) checkPairFits(loaded, pairFile);
  const pair = pairFile === undefined ? undefined : await describePair(pairFile);

  const secrets = new Secrets();
  for (const secret of secretsOf(rig)) secrets.add(secret);
  const journal =
    options.journal === undefined
      ? memoryJournal({ clock, secrets, rig: rig.name })
      : namedJournal(options.journal, { clock, secrets, rig: rig.name });
  const teardown = new Teardown(clock);
  teardown.defer('journal', () => {
    journal.close();
  });
  const abort = new AbortController();
  teardown.defer('interruption', listenForInterruption(journal, abort));
  const rows: CheckRow[] = [];
  try {
    journal.write({ type: 'rig.start', profile: profileOf(rig) });
    await tryAll(rows, { rig, pair, journal, clock, secrets, teardown, signal: abort.signal });
  } catch (error) {
    if (!abort.signal.aborted) throw error;
  } finally {
    const problems = await teardown.run();
    for (const problem of problems) {
      rows.push(
        failed(
          'left safe',
          new RigFault(problem, { asked: 'the supply on, keys let go', hint: 'look at the rig before it is used' }),
        ),
      );
    }
  }
  return { rows, interrupted: abort.signal.aborted };
}

interface Parts {
  readonly rig: RigDefinition;
  readonly pair: Pair | undefined;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly secrets: Secrets;
  readonly teardown: Teardown;
  readonly signal: AbortSignal;
}

async function tryAll(rows: CheckRow[], parts: Parts): Promise<void> {
  const { rig, pair, journal, clock, secrets, teardown, signal } = parts;
  let taken: TakenRig;
  try {
    taken = await takeRig({ rig, run: 'dfota rigs check', seed: 1, journal, clock, secrets, teardown });
  } catch (error) {
    // What cannot be used at all (in use, not supported) is told as such.
    if (!(error instanceof RigFault)) throw error;
    rows.push(failed('open', error));
    return;
  }
  const { lines, power, servers } = taken.parts;
  for (const server of Object.values(servers)) {
    const address = ({ host, port }: { host: string; port: number }): string => `${host}:${String(port)}`;
    const { listening, advertise } = server;
    const where = listening === undefined ? 'not ours, reached as' : `listens on ${address(listening)}, told as`;
    rows.push(ok(`${server.protocol} server`, `${where} ${address(advertise)}`));
  }

  const bench: SwitchProofOptions = { rig, profile: profileOf(rig), lines, power, journal, clock, secrets, signal };
  const unit = await openQuietly(rows, bench, taken, pair);
  if (unit === undefined) return;
  teardown.defer('unit', () => {
    unit.close();
  });
  const wires = new WireCheck(bench);
  teardown.defer('wires', () => {
    wires.close();
  });
  rows.push(...(await wires.lines()), ...(await wires.supply()));
  if (!(await unit.command('AT').then(({ result }) => result === 'OK'))) {
    rows.push(notTried('everything else', 'the unit does not answer any more'));
    return;
  }
  rows.push(await wires.powerKey(), await wires.reset(), await wires.vbus(), await wires.uartReports());
  rows.push(...(await checkNetwork(bench)));
  const { workshop, random } = taken;
  rows.push(...(await checkReach({ ...bench, servers, workshop, random, pair })));
  rows.push(...(await storage(unit, rig, pair)));
  if (pair !== undefined) rows.push(version(await unit.identity(), pair));
}

/** Finds the unit or switches it on, and looks whether it is the rig's; its network is a matter of its own. */
async function openQuietly(
  rows: CheckRow[],
  bench: SwitchProofOptions,
  taken: TakenRig,
  pair: Pair | undefined,
): Promise<Unit | undefined> {
  const { rig, journal, signal } = bench;
  const quiet: RigDefinition = { ...rig, network: { ...rig.network, registration: false } };
  delete quiet.sim;
  const { servers, restoreCommand } = taken.parts;
  let answered = false;
  const stop = journal.subscribe((event) => {
    if (event.type === 'module.identity') answered = true;
  });
  try {
    const unit = await openUnitExplained({
      ...bench,
      rig: quiet,
      pair: pair ?? noPair(),
      servers,
      random: taken.random,
      ...(restoreCommand === undefined ? {} : { restoreCommand }),
    });
    rows.push(ok('unit answers', 'AT, in normal mode'), ok('identity', `${rig.module}, IMEI ${maskImei(rig.unit.imei)}`));
    return unit;
  } catch (error) {
    if (signal?.aborted === true) throw error;
    const fault = asFault(error);
    rows.push(
      ...(answered ? [ok('unit answers', 'AT, in normal mode'), failed('identity', fault)] : [failed('unit answers', fault)]),
    );
    rows.push(notTried('everything else', answered ? 'another unit is left alone' : 'nothing can be tried without a unit'));
    return undefined;
  } finally {
    stop();
  }
}

/** Nothing is upgraded here, so the unit gets no packages. */
function noPair(): Pair {
  const none = (step: 'upgrade' | 'downgrade'): Pair['upgrade'] => ({
    path: '',
    facts: { file: '', size: 0, sha256: '', from: '', to: '', contents: 'sound' },
    step,
    fromRevision: '',
    toRevision: '',
  });
  return { name: 'none', upgrade: none('upgrade'), downgrade: none('downgrade') };
}

async function storage(unit: Unit, rig: RigDefinition, pair: Pair | undefined): Promise<CheckRow[]> {
  const files = await unit.files('check');
  const largest = Math.max(0, ...(pair === undefined ? [] : [pair.upgrade.facts.size, pair.downgrade.facts.size]));
  return (['ufs', 'sd'] as const).map((name) => {
    const check = `${name.toUpperCase()} room`;
    if (!rig.delivery[name]) return notTried(check, `delivery.${name} is false`);
    const free = files[`${name}Free`];
    const fault = (what: string, seen: string, hint: string): CheckRow =>
      failed(check, new RigFault(what, { asked: `${String(largest)} bytes free or more`, seen, hint }));
    if (free === undefined) {
      return fault(
        `the module does not say how much room ${check.split(' ')[0] ?? ''} has`,
        'no readable answer to AT+QFLDS',
        name === 'sd' ? 'is a card in?' : 'try AT+QFLDS="UFS" by hand',
      );
    }
    const inUse = files[name]?.length ?? 0;
    const seen = `${String(free)} bytes free, ${String(inUse)} file${inUse === 1 ? '' : 's'}`;
    return free > largest
      ? ok(check, seen)
      : fault('no room for the packages', seen, 'delete what is not needed (AT+QFLST, AT+QFDEL)');
  });
}

function version({ revision }: Identity, pair: Pair): CheckRow {
  const check = 'version';
  const { fromRevision, toRevision, path } = pair.upgrade;
  if (revision === fromRevision || revision === toRevision)
    return ok(check, `${revision}: ${revision === fromRevision ? 'the baseline' : 'the upgraded one'}`);
  return failed(
    check,
    new RigFault('the unit runs a version that is not in the pair', {
      asked: `${fromRevision} or ${toRevision} (${pair.name}, ${basename(path)})`,
      seen: revision ?? 'no readable version',
      hint: 'flash the baseline with the vendor tool, or give the pair of this firmware',
    }),
  );
}

/** The table, then each failure with what to look at. */
function text(rows: readonly CheckRow[]): string {
  const cells = [['CHECK', 'RESULT', 'SEEN'], ...rows.map(({ check: name, result, seen }) => [name, result, seen])];
  const width = (column: number): number => Math.max(...cells.map((row) => row[column]?.length ?? 0));
  const [first, second] = [width(0), width(1)];
  const table = cells.map(([name = '', result = '', seen = '']) => `${name.padEnd(first)}  ${result.padEnd(second)}  ${seen}`);
  const faults = rows.flatMap(({ check: name, fault }) => (fault === undefined ? [] : [`${name}: ${fault.explain()}`]));
  const count = faults.length === 0 ? 'All well.' : `${String(faults.length)} at fault.`;
  return `${[...table, '', ...faults, ...(faults.length === 0 ? [] : ['']), count].join('\n')}\n`;
}
