import type { OwnServer } from '../rig/schema.js';
import { parseHostPort } from '../rig/values.js';
import { hostText, makeTarget } from './address.js';
import type { DeliveryContext } from './context.js';
import { Gate } from './gate.js';
import { startHttpBehind } from './http-behind.js';
import { HttpFront } from './http-front.js';
import { packageServer } from './package-server.js';
import { Shelf } from './shelf.js';
import type { OwnPackageServer } from './types.js';

/**
 * An HTTP server that serves what is published, and nothing else, under a folder drawn for the run: HTTP has no login, so the folder
 * is what a stranger would have to guess. Throws RigFault when it cannot listen.
 */
export async function startHttpServer(definition: OwnServer, context: DeliveryContext): Promise<OwnPackageServer> {
  const prefix = context.random.word(8);
  const shelf = new Shelf('http', context);
  const gate = new Gate('http', parseHostPort(definition.listen), context, ({ socket, connection }) => {
    front.enter(socket, connection);
  });
  const behind = await startHttpBehind(context.folder);
  const front = new HttpFront({ context, gate, shelf, behind });
  try {
    await gate.open();
  } catch (error) {
    await behind.close();
    throw error;
  }
  const named = parseHostPort(definition.advertise);
  const advertise = { host: named.host, port: named.port === 0 ? gate.address.port : named.port };
  gate.announce(hostText(advertise.host, advertise.port));

  return packageServer({
    protocol: 'http',
    advertise,
    context,
    gate,
    shelf,
    prefix: `${prefix}/`,
    locate(name, options) {
      const path = `/${prefix}/${name}`;
      return { path, stored: path.slice(1), ...makeTarget('http', advertise, path, options) };
    },
    end: () => behind.close(),
  });
}
