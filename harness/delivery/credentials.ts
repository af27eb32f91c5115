import { UserError } from '../base/errors.js';
import type { Secrets } from '../base/secrets.js';
import type { Credentials } from './remote-folder.js';

export interface CredentialNames {
  readonly userEnv?: string | undefined;
  readonly passwordEnv?: string | undefined;
}

interface Environment {
  readonly env: NodeJS.ProcessEnv;
  readonly secrets: Secrets;
}

/** Bytes that user and password may have in an FTP source (guide 3.1). */
const longest = 50;

/** Reads credentials from the environment; the password is masked from now on. Throws a UserError that names what is missing. */
export function credentialsFrom(names: CredentialNames, where: string, { env, secrets }: Environment): Credentials {
  const read = (key: 'userEnv' | 'passwordEnv'): string => {
    const name = names[key] ?? '';
    const value = env[name];
    if (value !== undefined && value !== '') return value;
    throw new UserError(`the environment variable ${name} is not set`, {
      asked: `${where}.${key}`,
      hint: 'credentials stand in the environment, so that they stand in no file',
    });
  };
  const credentials = { user: read('userEnv'), password: read('passwordEnv') };
  secrets.add(credentials.password);
  return credentials;
}

/** Credentials that a module is to use: what its source string cannot hold is refused here, not found out on the module. */
export function moduleLogin(names: CredentialNames, where: string, environment: Environment): Credentials {
  const credentials = credentialsFrom(names, where, environment);
  for (const [key, name] of [
    ['user', names.userEnv],
    ['password', names.passwordEnv],
  ] as const) {
    const value = credentials[key];
    const length = Buffer.byteLength(value);
    const problem = (asked: string, seen: string): UserError =>
      new UserError(`the ${key} in ${name ?? ''} cannot stand in a source string`, {
        asked,
        seen,
        hint: `${where} needs another login`,
      });
    if (length > longest) throw problem(`at most ${String(longest)} bytes (guide 3.1)`, `${String(length)} bytes`);
    if (!/^[\x21\x23-\x2e\x30-\x39\x3b-\x3f\x41-\x7e]+$/.test(value)) {
      throw problem('ASCII without blanks and without " : / @, which end a part of the string', 'one of these');
    }
  }
  return credentials;
}
