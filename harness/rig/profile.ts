import { scaledDeadline } from '../base/clock.js';
import { lineRoles, sources, type RigProfile, type Source } from '../journal/events.js';
import type { RigDefinition } from './schema.js';

/** Ways a package can reach the module of this rig, in the order of the guide. */
export function sourcesOf(rig: RigDefinition): Source[] {
  const { ftp, http, ufs, sd } = rig.delivery;
  const has = { ftp: ftp !== undefined, http: http !== undefined, ufs, sd };
  return sources.filter((source) => has[source]);
}

/** The part of a definition that verdicts depend on, times multiplied by the scale and floored. */
export function profileOf(rig: RigDefinition): RigProfile {
  const { scale } = rig.timing;
  const simulated = rig.power.simulated !== undefined;
  const external = (['ftp', 'http'] as const).filter((protocol) => rig.delivery[protocol]?.external !== undefined);
  return {
    name: rig.name,
    module: rig.module,
    imei: rig.unit.imei,
    lines: lineRoles.filter((role) => simulated || rig.lines?.[role] !== undefined),
    sources: sourcesOf(rig),
    ...(external.length === 0 ? {} : { external }),
    firmware: rig.firmware,
    limits: {
      boot: scaledDeadline(rig.limits.boot, scale),
      download: scaledDeadline(rig.limits.download, scale),
      upgrade: scaledDeadline(rig.limits.upgrade, scale),
      diagnosticsAlone: scaledDeadline(rig.limits.diagnosticsAlone ?? rig.limits.upgrade, scale),
    },
    scale,
    simulated,
  };
}

/** `861107*******01`: the type allocation code's first six digits and the last two stay, enough to tell a lab's units apart. */
export function maskImei(imei: string): string {
  return imei.length < 9 ? '*'.repeat(imei.length) : `${imei.slice(0, 6)}${'*'.repeat(imei.length - 8)}${imei.slice(-2)}`;
}

/** The definition as a report may show it: IMEI shortened, passwords in programs' arguments masked. */
export function maskedDefinition(rig: RigDefinition): RigDefinition {
  const { command } = rig.power;
  const power =
    command === undefined
      ? rig.power
      : {
          command: Object.fromEntries(
            Object.entries(command).map(([key, value]) => [key, Array.isArray(value) ? maskedArgv(value) : value]),
          ) as typeof command,
        };
  const restore = rig.restore === undefined ? {} : { restore: { ...rig.restore, command: maskedArgv(rig.restore.command) } };
  return { ...rig, unit: { imei: maskImei(rig.unit.imei) }, power, ...restore };
}

/** A program's arguments as a report may show them. */
export function maskedArgv(argv: readonly string[]): string[] {
  return secretParts(argv).reduce<string[]>((list, secret) => list.map((word) => word.replaceAll(secret, '***')), [...argv]);
}

/** Passwords that stand in the definition's programs, for `Secrets.add`. */
export function secretsOf(rig: RigDefinition): string[] {
  const lists = Object.values(rig.power.command ?? {}).filter((value) => Array.isArray(value));
  return [...new Set([...lists, rig.restore?.command ?? []].flatMap(secretParts))];
}

const secretName = /(password|passwd|passphrase|secret|token|api-?key|credential)s?$/i;

/** `--password X`, `--token=X` and `scheme://user:X@host`. */
function secretParts(argv: readonly string[]): string[] {
  return argv.flatMap((word, index) => {
    const before = argv[index - 1];
    if (before !== undefined && /^-/.test(before) && secretName.test(before) && !/^-/.test(word)) return [word];
    const [, name, value] = /^-{0,2}([\w-]+)=(.+)$/s.exec(word) ?? [];
    if (name !== undefined && value !== undefined && secretName.test(name)) return [value];
    const password = /^[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:([^\s/@]+)@/i.exec(word)?.[1];
    return password === undefined ? [] : [password];
  });
}
