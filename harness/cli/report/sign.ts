import type { CommandModule } from 'yargs';
import { UserError } from '../../base/errors.js';
import { readManifest } from '../../report/manifest.js';
import { fingerprintOf, readSigner, writeSignature } from '../../report/signature.js';
import { verifyFolder } from '../../report/verify.js';

interface SignArguments {
  readonly dir: string;
  readonly key: string;
  readonly signer: string;
}

export const command: CommandModule<object, SignArguments> = {
  command: 'sign <dir>',
  describe: 'Sign the manifest of a run’s folder by an Ed25519 key',
  builder: (yargs) =>
    yargs
      .positional('dir', { type: 'string', demandOption: true, describe: 'Folder of a run' })
      .option('key', {
        type: 'string',
        demandOption: true,
        describe: 'Private key (PEM); its passphrase in DFOTA_SIGN_PASSPHRASE',
      })
      .option('signer', { type: 'string', default: '', describe: 'Who signs, in words; it is signed too' })
      .example('openssl genpkey -algorithm ed25519 -out lab.key', 'makes a key')
      .example('openssl pkey -in lab.key -pubout -out lab.pub', 'its public half, for those who verify')
      .example('dfota report sign reports/nightly --key lab.key --signer "lab Vienna"', 'signs what a run left'),
  async handler({ dir, key, signer }) {
    const by = readSigner(key, signer);
    const { intact, problems } = await verifyFolder(dir);
    const changed = problems.filter(({ what }) => what !== 'signature');
    if (!intact && changed.length > 0) {
      throw new UserError('the folder is not as its manifest says; it is not signed', {
        place: { file: dir },
        seen: changed.map(({ file, what }) => `${what} ${file}`).join(', '),
        hint: 'dfota report verify tells more',
      });
    }
    writeSignature(dir, readManifest(dir).bytes, by);
    process.stdout.write(`${dir}: signed${signer === '' ? '' : ` by “${signer}”`}, key ${fingerprintOf(by.key)}\n`);
  },
};
