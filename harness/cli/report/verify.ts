import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandModule } from 'yargs';
import { z } from 'zod';
import { messageOf, UserError } from '../../base/errors.js';
import { rejudge, type Rejudged } from '../../report/rejudge.js';
import { readPublicKey } from '../../report/signature.js';
import { verifyFolder, type Verification } from '../../report/verify.js';
import { printable } from '../../verdict/text.js';

interface VerifyArguments {
  readonly dir: string;
  readonly key: string[];
  readonly rejudge: boolean;
  readonly json: boolean;
}

export const command: CommandModule<object, VerifyArguments> = {
  command: 'verify <dir>',
  describe: 'Is a run’s folder as it was left, and who says so? Offline',
  builder: (yargs) =>
    yargs
      .positional('dir', { type: 'string', demandOption: true, describe: 'Folder of a run' })
      .option('key', {
        type: 'string',
        array: true,
        default: [],
        describe: 'Public keys (PEM) of signers that you trust; the folder must be signed by one of them',
      })
      .option('rejudge', {
        type: 'boolean',
        default: false,
        describe: 'Judge the journal again: the verdicts that journal, JUnit and summary state must follow from it',
      })
      .option('json', { type: 'boolean', default: false, describe: 'For a program' })
      .example('dfota report verify reports/nightly', 'every file, the manifest and its signature')
      .example('dfota report verify reports/nightly --key lab.pub --rejudge', 'signed by the lab, and the verdicts are right')
      .epilogue('Exit codes: 0 intact, 1 changed, missing, extra, wrongly signed or wrongly judged, 2 wrong use or no manifest.'),
  async handler({ dir, key, rejudge: again, json }) {
    const trusted = key.map((file) => readPublicKey(file));
    const verification = await verifyFolder(dir, trusted);
    const rejudged = again ? judgedAgain(dir) : undefined;
    const problems = [...verification.problems, ...(rejudged?.problems ?? [])];
    process.stdout.write(json ? asJson(verification, rejudged) : asText(dir, verification, rejudged));
    if (problems.length > 0) process.exitCode = 1;
  },
};

function judgedAgain(dir: string): Rejudged {
  const file = join(dir, 'run.json');
  try {
    const { names } = z.object({ names: z.array(z.string()) }).parse(JSON.parse(readFileSync(file, 'utf8')));
    return rejudge(dir, names);
  } catch (error) {
    throw new UserError('the run cannot be judged again', {
      place: { file: dir },
      seen: messageOf(error),
      hint: 'leave --rejudge out',
    });
  }
}

function asJson(verification: Verification, rejudged: Rejudged | undefined): string {
  const { signature } = verification;
  const told = signature && {
    state: signature.state,
    why: signature.why,
    signer: signature.signer,
    fingerprint: signature.fingerprint,
    trusted: signature.trusted,
  };
  return `${JSON.stringify({ ...verification, signature: told, rejudged }, undefined, 2)}\n`;
}

function asText(dir: string, { files, digest, problems, signature }: Verification, rejudged: Rejudged | undefined): string {
  const all = [...problems, ...(rejudged?.problems ?? [])];
  const signed =
    signature === undefined
      ? 'not signed'
      : signature.state === 'invalid'
        ? 'the signature is not valid'
        : `signed by “${printable(signature.signer)}”, key ${signature.fingerprint}${signature.trusted ? '' : ' (not among trusted keys: give --key)'}`;
  return [
    `${dir}: ${all.length === 0 ? 'intact' : 'NOT as it was left'}; ${String(files)} files, manifest ${digest?.slice(0, 16) ?? 'damaged'}, ${signed}`,
    ...all.map(({ file, what, detail }) => `  ${what.padEnd(9)} ${printable(file)}: ${printable(detail)}`),
    ...(rejudged === undefined
      ? []
      : [
          `judged again: ${String(rejudged.upgrades)} upgrades, ${String(rejudged.tests)} tests, ` +
            (rejudged.problems.length === 0
              ? 'every verdict follows from the journal'
              : `${String(rejudged.problems.length)} differ`),
          ...rejudged.notes.map((note) => `  note      ${printable(note)}`),
        ]),
    '',
  ].join('\n');
}
