import { Writable } from 'node:stream';
import { Client } from 'basic-ftp';
import type { BaseUrl } from '../rig/delivery-schema.js';
import type { Credentials, RemoteFolder, TransferLimits } from './remote-folder.js';

/** A folder on an FTP server, one connection a transfer. */
export function ftpFolder(base: BaseUrl, login: Credentials): RemoteFolder {
  const path = (name: string): string => `/${base.folder === '' ? '' : `${base.folder}/`}${name}`;

  async function connected<T>({ idle, signal }: TransferLimits, work: (client: Client) => Promise<T>): Promise<T> {
    const client = new Client(idle);
    const stop = (): void => {
      client.close();
    };
    signal.addEventListener('abort', stop);
    try {
      await client.access({ host: base.host, port: base.port ?? 21, user: login.user, password: login.password, secure: false });
      return await work(client);
    } finally {
      signal.removeEventListener('abort', stop);
      client.close();
    }
  }

  return {
    async put(file, name, limits) {
      await connected(limits, async (client) => {
        // A folder that is not there is told as such; an upload into it breaks off in one of several ways.
        await client.cd(`/${base.folder}`);
        await client.uploadFrom(file, name);
      });
    },
    async fetch(name, onBytes, limits) {
      const sink = new Writable({
        write(bytes: Buffer, _encoding, done) {
          try {
            onBytes(bytes);
            done();
          } catch (error) {
            done(error instanceof Error ? error : new Error(String(error)));
          }
        },
      });
      await connected(limits, (client) => client.downloadTo(sink, path(name)));
    },
    async remove(name, limits) {
      await connected(limits, (client) => client.remove(path(name)));
    },
  };
}
