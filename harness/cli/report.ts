import type { CommandModule } from 'yargs';
import { command as certificate } from './report/certificate.js';
import { command as compare } from './report/compare.js';
import { command as html } from './report/html.js';
import { command as merge } from './report/merge.js';
import { command as sign } from './report/sign.js';
import { command as verify } from './report/verify.js';

export const command: CommandModule = {
  command: 'report <what>',
  describe: 'Look at, verify and sign what runs left',
  builder: (yargs) =>
    yargs
      .command(verify)
      .command(sign)
      .command(html)
      .command(merge)
      .command(compare)
      .command(certificate)
      .demandCommand(1, 'say what: html, merge, compare, certificate, verify or sign')
      .example('dfota report verify reports/nightly', 'is the folder as the run left it?'),
  handler: () => undefined,
};
