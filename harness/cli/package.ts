import type { CommandModule } from 'yargs';
import { inspectPackage } from '../package/inspect.js';
import { updaterScriptName } from '../package/metadata.js';
import { printable } from '../package/refusal.js';
import type { PackageReport } from '../package/types.js';

interface PackageArguments {
  readonly file: string;
  readonly json: boolean;
}

export const command: CommandModule<object, PackageArguments> = {
  command: 'package <file>',
  describe: 'Look into a delta package',
  builder: (yargs) =>
    yargs
      .usage(
        'dfota package <file>\n\nReads a delta package to its last byte: entries, sizes, CRCs, SHA-256, metadata, and the versions in its name.',
      )
      .positional('file', { type: 'string', demandOption: true, describe: 'The zip' })
      .option('json', { type: 'boolean', default: false, describe: 'Print the whole report as JSON' })
      .example('dfota package update-v12-to-v13.zip', 'what it is and whether a module could take it')
      .example('dfota package update-v12-to-v13.zip --json', 'the same for a program')
      .epilogue('Exit codes: 0 a sound zip (warnings or not), 2 no sound zip or not readable.'),
  handler: async ({ file, json }) => {
    const report = await inspectPackage(file);
    process.stdout.write(json ? `${JSON.stringify(report, undefined, 2)}\n` : packageText(report));
  },
};

/** The report for people. */
export function packageText(report: PackageReport): string {
  const inflated = report.entries.reduce((sum, { size }) => sum + size, 0);
  const facts: [string, string][] = [
    ['file', report.file],
    ['size', `${String(report.size)} bytes (${String(inflated)} unpacked)`],
    ['SHA-256', report.sha256],
    ['zip', `sound, ${String(report.entries.length)} ${report.entries.length === 1 ? 'entry' : 'entries'}, every CRC checked`],
    ['name', report.nameVersions === undefined ? 'no versions' : `${report.nameVersions.from} → ${report.nameVersions.to}`],
    ['updater-script', report.entries.some(({ name }) => name === updaterScriptName) ? 'present' : 'none'],
    ...(report.metadata === undefined
      ? [['metadata', 'none'] as [string, string]]
      : Object.entries(report.metadata).map(([key, value]): [string, string] => [printable(key), printable(value)])),
  ];
  const width = Math.max(...facts.map(([key]) => key.length));
  const lines = facts.map(([key, value]) => `${key.padEnd(width)}  ${value}`);
  lines.push('', `${'size'.padStart(11)} ${'packed'.padStart(11)}  crc-32    entry`);
  for (const entry of report.entries) {
    lines.push(
      `${String(entry.size).padStart(11)} ${String(entry.compressedSize).padStart(11)}  ${entry.crc32}  ${printable(entry.name)}`,
    );
  }
  if (report.warnings.length > 0) lines.push('', ...report.warnings.map(({ code, text }) => `warning: ${text} [${code}]`));
  return `${lines.join('\n')}\n`;
}
