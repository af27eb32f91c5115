import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { request as plain, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as secure } from 'node:https';
import { pipeline } from 'node:stream/promises';
import type { BaseUrl } from '../rig/delivery-schema.js';
import type { Credentials, RemoteFolder, TransferLimits } from './remote-folder.js';

/** What is kept of an answer that says why not. */
const mostWords = 200;

/** A folder on an HTTP server: GET, PUT and DELETE. Redirections are not followed: a module's client may not either. */
export function httpFolder(base: BaseUrl, login: Credentials | undefined): RemoteFolder {
  const path = (name: string): string => `/${base.folder === '' ? '' : `${base.folder}/`}${name}`;

  function ask(
    method: 'GET' | 'PUT' | 'DELETE',
    name: string,
    { idle, signal }: TransferLimits,
    headers: RequestOptions['headers'],
    send: (request: ReturnType<typeof plain>) => Promise<void> | void,
  ): Promise<IncomingMessage> {
    const request = (base.scheme === 'https' ? secure : plain)({
      host: base.host,
      ...(base.port === undefined ? {} : { port: base.port }),
      path: path(name),
      method,
      headers,
      agent: false,
      timeout: idle,
      signal,
      ...(login === undefined ? {} : { auth: `${login.user}:${login.password}` }),
    });
    return new Promise((resolve, reject) => {
      request.on('timeout', () => request.destroy(new Error(`nothing came for ${String(idle)} ms`)));
      request.on('error', reject);
      request.on('response', resolve);
      // A server that answers before it has taken everything ends the sending; its answer says why.
      Promise.resolve(send(request)).catch(reject);
    });
  }

  async function settled(response: IncomingMessage, expected: readonly number[]): Promise<void> {
    const { statusCode = 0, statusMessage = '' } = response;
    if (expected.includes(statusCode)) {
      response.resume();
      await once(response, 'end');
      return;
    }
    let words = '';
    for await (const chunk of response) {
      words += (chunk as Buffer).toString('utf8');
      if (words.length > mostWords) break;
    }
    const text = words.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
    throw new Error(`HTTP ${String(statusCode)} ${statusMessage} ${text.slice(0, mostWords)}`.trim());
  }

  return {
    async put(file, name, limits) {
      const { size } = await stat(file);
      const headers = { 'content-length': size, 'content-type': 'application/octet-stream' };
      const response = await ask('PUT', name, limits, headers, (request) => pipeline(createReadStream(file), request));
      await settled(response, [200, 201, 204]);
    },
    async fetch(name, onBytes, limits) {
      const response = await ask('GET', name, limits, { 'cache-control': 'no-cache' }, (request) => {
        request.end();
      });
      if (response.statusCode !== 200) await settled(response, []);
      for await (const bytes of response) onBytes(bytes as Buffer);
    },
    async remove(name, limits) {
      const response = await ask('DELETE', name, limits, {}, (request) => {
        request.end();
      });
      await settled(response, [200, 202, 204, 404]);
    },
  };
}
