import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { CommandModule } from 'yargs';
import { systemClock } from '../base/clock.js';
import { hasCode, messageOf, UserError } from '../base/errors.js';
import { maskImei } from '../rig/profile.js';
import { draftRig, type Draft } from './discover/draft.js';
import { findAll, type FindOptions, type Found, type FoundUnit } from './discover/find.js';

interface DiscoverArguments {
  readonly out?: string;
  readonly json: boolean;
}

export const discover: CommandModule<object, DiscoverArguments> = {
  command: 'discover',
  describe: 'Draft a rig file for each module that is plugged in',
  builder: (yargs) =>
    yargs
      .usage(
        'dfota rigs discover\n\nLooks for modules on USB, serial ports and GPIO chips, and drafts a rig file for each module, with what only a person knows marked FILL IN. AT ports of modules are asked who they are (AT, AT+CGSN, ATI, AT+GMR); nothing is changed or switched.',
      )
      .option('out', { type: 'string', describe: 'Folder for the drafts, NAME.yaml each; without it they are printed' })
      .option('json', { type: 'boolean', default: false, describe: 'Print all that was found as JSON' })
      .example('dfota rigs discover', 'what is plugged in, and a draft for each module')
      .example('dfota rigs discover --out rigs', 'writes rigs/ec25-1-1.4.yaml, for example; never over a file that is there')
      .epilogue('Exit codes: 0 a module was found, 2 wrong use, 3 none was found.') as never,
  handler: async ({ out, json }) => {
    const { text, found } = await discoverRigs({ out, json }, { clock: systemClock });
    process.stdout.write(text);
    process.exitCode = found ? 0 : 3;
  },
};

type Drafted = Draft & { readonly file?: string; readonly kept?: boolean };

/** What the command prints, and whether there is a module to make a rig of. */
export async function discoverRigs(
  { out, json }: { readonly out?: string | undefined; readonly json: boolean },
  options: FindOptions,
): Promise<{ readonly text: string; readonly found: boolean }> {
  const found = await findAll(options);
  const schema = relative(resolve(out ?? 'rigs'), join(__dirname, '..', '..', '..', 'rigs', 'schema', 'rig.schema.json'));
  const drafts = found.units.filter(isModule).map((unit): Drafted => {
    const draft = draftRig(unit, found, { schema });
    return out === undefined ? draft : write(draft, out);
  });
  const text = json ? `${JSON.stringify({ ...found, drafts }, undefined, 2)}\n` : report(found, drafts);
  return { text, found: drafts.length > 0 };
}

function isModule(unit: FoundUnit): unit is FoundUnit & { readonly module: 'EC25' | 'EC21' } {
  return unit.kind === 'module' && unit.module !== undefined;
}

function write(draft: Draft, out: string): Drafted {
  const file = join(out, `${draft.name}.yaml`);
  try {
    mkdirSync(out, { recursive: true });
    if (existsSync(file)) return { ...draft, file, kept: true };
    writeFileSync(file, draft.text, { flag: 'wx' });
    return { ...draft, file };
  } catch (error) {
    throw new UserError(`${file} cannot be written`, {
      seen: messageOf(error),
      hint: hasCode(error, 'EACCES', 'EROFS') ? 'give a folder that you may write to' : 'give a folder with --out',
    });
  }
}

function report(found: Found, drafts: readonly Drafted[]): string {
  const { units, ports, gpio, problems } = found;
  const parts = [
    section('Modules on USB', units.map(unitText), 'none (looked for 2c7c:0125, 2c7c:0121, 05c6:9008, 05c6:900e)'),
    section(
      'Other serial ports',
      ports.map(({ device, stable, what }) =>
        [stable ?? device, stable === undefined ? '' : device, what ?? ''].join('  ').trim(),
      ),
      'none',
    ),
    section(
      'GPIO chips',
      gpio.chips.map(({ name, label, lines }) => {
        const named = lines.flatMap((line) => (line.name === undefined ? [] : [line.name]));
        return `${name}  ${label}, ${String(lines.length)} lines${named.length === 0 ? '' : `: ${shortened(named)}`}`;
      }),
      'none',
    ),
  ];
  const notes = [
    ...problems,
    ...(gpio.reason === undefined ? [] : [{ what: gpio.reason, ...(gpio.hint === undefined ? {} : { hint: gpio.hint }) }]),
  ];
  for (const { what, hint } of notes) parts.push(`Note: ${what}${hint === undefined ? '' : `\n  try:   ${hint}`}\n`);
  parts.push(...(drafts.length === 0 ? [nothing(found)] : drafts.map(draftText)));
  return parts.join('\n');
}

function section(title: string, rows: readonly string[], none: string): string {
  return `${title}\n${(rows.length === 0 ? [none] : rows).map((row) => `  ${row}\n`).join('')}`;
}

function shortened(names: readonly string[]): string {
  return names.length <= 12 ? names.join(', ') : `${names.slice(0, 12).join(', ')}, …`;
}

function unitText({ path, id, kind, module, name, ports, asked }: FoundUnit): string {
  const head = `${path}  ${id}`;
  if (kind === 'emergency-download') return `${head}  a module in emergency download: its firmware does not start`;
  if (kind === 'dump') return `${head}  a module that crashed and shows a memory dump`;
  if (module === undefined) return `${head}  ${name ?? 'Quectel'}: neither EC25 nor EC21`;
  const where =
    ports.length === 0
      ? 'no serial ports (is the kernel driver option loaded?)'
      : ports.map((port) => `${String(port.interface)} ${port.tty}`).join(', ');
  const who = [
    ...(asked?.imei === undefined ? [] : [`IMEI ${maskImei(asked.imei)}`]),
    ...(asked?.revision === undefined ? [] : [asked.revision]),
    ...(asked?.problem === undefined ? [] : [asked.problem]),
  ].join(', ');
  const hint = asked?.hint === undefined ? '' : `\n    try:   ${asked.hint}`;
  return `${head}  ${module}, interfaces ${where}${who === '' ? '' : `; ${who}`}${hint}`;
}

function draftText({ name, text, missing, file, kept }: Drafted): string {
  const left = missing.map(({ key, what }) => `  ${key}: ${what}\n`).join('');
  if (kept === true) return `${file ?? name} is there already and was left as it is.\n`;
  const next = 'Then: dfota rigs list shows what is still wrong, dfota rigs check FILE tries every wire.\n';
  if (file !== undefined) return `Wrote ${file}. To fill in:\n${left}${next}`;
  return `--- ${name}.yaml\n${text}---\nTo fill in:\n${left}${next}`;
}

function nothing({ units }: Found): string {
  const checks = [
    'is the module switched on (PWRKEY), and started (USB comes about 13 s later)?',
    'do VBUS and the USB cable reach it? lsusb should show 2c7c:0125 (EC25) or 2c7c:0121 (EC21)',
    'may this user open serial ports? (group dialout: sudo usermod -aG dialout "$USER", then log in again)',
    'does another program (ModemManager) hold or reset it?',
    'a rig with the UART alone is not drafted: copy rigs/example-ec25.yaml',
  ];
  const what = units.length === 0 ? 'No module was found.' : 'No module that a rig can be made of was found.';
  return `${what} What to check:\n${checks.map((check) => `  - ${check}\n`).join('')}`;
}
