import type { FileList, Identity } from '../../journal/events.js';
import { stuckAs } from '../devices.js';
import { answersAfter, list } from '../facts.js';
import type { UpgradeRecord } from '../types.js';
import type { Held, Rule } from './rule.js';

type Key = keyof Identity;

interface Kept {
  readonly id: string;
  readonly what: string;
  /** Alternatives: what one does not tell, the next may. */
  readonly keys: readonly Key[];
  readonly same?: (before: string, after: string) => boolean;
}

const isRegistered = (value: string): boolean => value === '1' || value === '5';

const kept: readonly Kept[] = [
  { id: 'identity.imei', what: 'IMEI', keys: ['imei'] },
  { id: 'identity.iccid', what: 'ICCID', keys: ['iccid'] },
  { id: 'identity.sim', what: 'SIM state', keys: ['sim'] },
  {
    id: 'identity.registration',
    what: 'network registration',
    keys: ['registration', 'epsRegistration'],
    // Home or roaming is the network's choice. What was not registered before is not asked to be so after.
    same: (before, after) => !isRegistered(before) || isRegistered(after),
  },
  { id: 'identity.apn', what: 'APN', keys: ['apn'] },
  { id: 'identity.apn-context', what: "type and authentication of the APN's context", keys: ['apnContext'] },
  { id: 'identity.cfun', what: 'CFUN', keys: ['cfun'] },
];

function keptRule({ id, what, keys, same = (one, other) => one === other }: Kept): Rule {
  return {
    id,
    serves: ['DH-03'],
    title: `${what} is the same after as before`,
    blames: 'firmware',
    applies: (record) =>
      answersAfter(record) &&
      keys.some((key) => record.before.identity?.[key] !== undefined || record.after.identity?.[key] !== undefined),
    check(record) {
      const [before, after] = [record.before.identity ?? {}, record.after.identity ?? {}];
      const pairs = keys.map((key) => ({ key, before: before[key], after: after[key] }));
      const told = pairs.filter((pair) => pair.before !== undefined && pair.after !== undefined);
      if (told.length === 0) {
        const [pair] = pairs;
        // A log shows what its author asked for, which need not be everything.
        if (record.before.identity === undefined || record.fromLog) return [];
        const known = pairs.filter((pair) => pair.before !== undefined);
        if (known.length > 0 && known.every(({ key }) => record.after.withheld[key] !== undefined)) {
          return [
            {
              owner: 'firmware',
              text: `${what} is not told any more`,
              expected: list(known.map((pair) => pair.before || 'none')),
              seen: list(known.map(({ key }) => record.after.withheld[key])),
              events: [record.after.event],
            },
          ];
        }
        return [
          {
            owner: 'undecided',
            text: `${what} could not be compared`,
            expected: pair?.before ?? 'an answer',
            seen: pair?.after ?? 'no readable answer afterwards',
            events: [record.after.event],
          },
        ];
      }
      const wrong = told.filter((pair) => !same(pair.before as string, pair.after as string));
      // Registered in one of two networks is registered.
      const stays =
        keys.length > 1 && told.some((pair) => isRegistered(pair.before as string) && isRegistered(pair.after as string));
      if (wrong.length === 0 || stays) return [];
      return [
        {
          owner: 'firmware',
          text: `${what} is not what it was`,
          expected: list(wrong.map((pair) => pair.before || 'none')),
          seen: list(wrong.map((pair) => pair.after || 'none')),
          events: [record.after.event],
        },
      ];
    },
  };
}

export const unitRules: readonly Rule[] = [
  ...kept.map(keptRule),
  {
    id: 'files.kept',
    serves: ['DH-04'],
    title: 'Files that are not the package are the same after as before',
    blames: 'firmware',
    applies: (record) => record.before.files !== undefined && record.after.files !== undefined,
    check: (record) => (['ufs', 'sd'] as const).flatMap((storage) => changes(record, storage)),
  },
  {
    id: 'files.room',
    serves: ['DH-04'],
    title: 'Room on UFS is not lost',
    blames: 'firmware',
    applies: (record) => lostRoom(record) !== undefined,
    check(record) {
      const lost = lostRoom(record) ?? 0;
      // A module may keep the package, or a part of it, until the next one comes.
      if (lost <= (record.package?.size ?? 0) + bookkeeping) return [];
      return [
        {
          owner: 'firmware',
          text: 'room on UFS is gone, and no file that is listed takes it',
          expected: `${String(record.before.files?.ufsFree)} bytes free, or less by the package`,
          seen: `${String(record.after.files?.ufsFree)} bytes free`,
          events: [record.after.event],
        },
      ];
    },
  },
  {
    id: 'device.mode',
    serves: ['DH-07'],
    title: 'The module never comes back as a dump or an emergency-download device',
    blames: 'firmware',
    applies: (record) => record.devices.length > 0 || answersAfter(record),
    check(record) {
      const stuck = stuckAs(record);
      // One that only its single port tells is what a recovery or a start may look like: seen in passing, it is nothing.
      const passing = record.devices.filter((device) => device !== stuck && !device.doubtful);
      const base = { expected: 'itself' };
      return [
        ...(stuck === undefined ? [] : [stuck]).map(({ kind, event }) => ({
          ...base,
          owner: 'firmware' as const,
          text: 'the module came back as another device',
          seen: kind,
          events: [event],
        })),
        ...passing.map(({ kind, event, t, until, left }) => ({
          ...base,
          owner: 'undecided' as const,
          text: `the module was another device for a while, and ${left ? 'left it' : 'the watch ended'} before that was sure`,
          seen: `${kind} for ${((until - t) / 1000).toFixed(1)} s`,
          events: [event],
        })),
      ];
    },
  },
  {
    id: 'device.cfun5',
    serves: ['DH-07'],
    title: 'The module never comes back with CFUN 5',
    blames: 'firmware',
    applies: (record) => record.after.identity?.cfun !== undefined,
    check(record) {
      if (record.after.identity?.cfun !== '5' || record.before.identity?.cfun === '5') return [];
      return [
        {
          owner: 'firmware',
          text: 'the module is in CFUN 5, as after a damaged upgrade',
          expected: 'CFUN 1',
          seen: 'CFUN 5',
          events: [record.after.event],
        },
      ];
    },
  },
];

/** Bytes that a file system may take for itself. */
export const bookkeeping = 65_536;

/** Bytes of UFS that are neither free nor listed any more, though they were before. */
function lostRoom({ before, after, fromLog }: UpgradeRecord): number | undefined {
  const unlisted = (files: FileList | undefined): number | undefined =>
    files?.ufs === undefined || files.ufsFree === undefined
      ? undefined
      : -files.ufsFree - files.ufs.reduce((sum, { size }) => sum + size, 0);
  const [was, is] = [unlisted(before.files), unlisted(after.files)];
  return fromLog || was === undefined || is === undefined ? undefined : is - was;
}

/** The package itself may go or stay: see the observations. */
function changes(record: UpgradeRecord, storage: 'ufs' | 'sd'): Held[] {
  const [before, after] = [record.before.files?.[storage], record.after.files?.[storage]];
  if (before === undefined && after === undefined) return [];
  const held: Held[] = [];
  const hold = (text: string, expected: string, seen: string, owner: Held['owner'] = 'firmware'): void => {
    held.push({ owner, text, expected, seen, events: [record.after.event] });
  };
  if (before === undefined || after === undefined) {
    hold(
      `files on ${storage.toUpperCase()} could not be compared`,
      'a list before and after',
      before === undefined ? 'none before' : 'none afterwards',
      'undecided',
    );
    return held;
  }
  const package_ = packageName(record);
  for (const file of before) {
    if (file.name === package_) continue;
    const now = after.find(({ name }) => name === file.name);
    if (now === undefined) hold(`${file.name} is gone from ${storage.toUpperCase()}`, described(file), 'not listed');
    else if (
      now.size !== file.size ||
      (now.checksum !== undefined && file.checksum !== undefined && now.checksum !== file.checksum)
    ) {
      hold(`${file.name} on ${storage.toUpperCase()} is not what it was`, described(file), described(now));
    }
  }
  return held;
}

const described = (file: NonNullable<FileList['ufs']>[number]): string =>
  `${String(file.size)} bytes${file.checksum === undefined ? '' : `, checksum ${file.checksum}`}`;

export function packageName(record: UpgradeRecord): string {
  const target = record.published?.name ?? record.target ?? '';
  return target.slice(target.lastIndexOf('/') + 1);
}
