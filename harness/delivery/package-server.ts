import type { DeliveryFault } from '../journal/events.js';
import { checkedName, defaultName } from './address.js';
import type { DeliveryContext, Protocol } from './context.js';
import type { Gate } from './gate.js';
import type { Published, Shelf } from './shelf.js';
import type { OwnPackageServer, Publication, PublishOptions } from './types.js';

type AddressOptions = Omit<PublishOptions, 'fault' | 'name' | 'onSent'>;

/** Where a publication stands on one kind of server. */
export interface Place {
  readonly path: string;
  /** Its file's name in the server's folder. */
  readonly stored: string;
  readonly target: string;
  readonly maskedTarget: string;
}

export interface ServerParts<P extends Place> {
  readonly protocol: Protocol;
  readonly advertise: { readonly host: string; readonly port: number };
  readonly context: DeliveryContext;
  readonly gate: Gate;
  readonly shelf: Shelf;
  /** Path before the name, without the first slash. */
  readonly prefix: string;
  locate(name: string, options: AddressOptions, fault: DeliveryFault | undefined): P;
  /** A publication appeared, or is about to go. */
  admit?(published: Published, place: P): void;
  dismiss?(published: Published): void;
  end?(): Promise<void>;
}

/** The side of a server that tests see, the same for FTP and HTTP. */
export function packageServer<P extends Place>(parts: ServerParts<P>): OwnPackageServer {
  const { protocol, advertise, gate, shelf, context } = parts;
  const open = new Map<Published, () => Promise<void>>();
  return {
    protocol,
    advertise,
    listening: gate.address,
    async publish(file, options = {}) {
      const name = checkedName(options.name ?? defaultName(file, parts.prefix));
      if (options.password !== undefined) keepSecret(options.password);
      const place = parts.locate(name, options, options.fault);
      const published = await shelf.put(file, { ...place, target: place.maskedTarget }, options.fault);
      published.onSent = options.onSent;
      const { fault } = published;
      if (fault?.name === 'refuse') gate.refuse(fault);
      if (fault?.name === 'link-lost') gate.deafen(fault);
      parts.admit?.(published, place);
      let withdrawn: Promise<void> | undefined;
      const withdraw = (): Promise<void> => (withdrawn ??= takeBack(published));
      open.set(published, withdraw);
      return { source: protocol, target: place.target, maskedTarget: place.maskedTarget, withdraw } satisfies Publication;
    },
    target(name, options = {}) {
      if (options.password !== undefined) keepSecret(options.password);
      const { target, maskedTarget } = parts.locate(name === '' ? '' : checkedName(name), options, undefined);
      return { target, maskedTarget };
    },
    async close() {
      gate.retire();
      await Promise.all([...open.values()].map((withdraw) => withdraw()));
      await gate.close();
      await parts.end?.();
    },
  };

  async function takeBack(published: Published): Promise<void> {
    open.delete(published);
    parts.dismiss?.(published);
    await shelf.remove(published);
    if (published.fault === undefined) return;
    await gate.lift(published.fault);
    published.fault.cleared();
  }

  /** Short words are left alone: masking them would take every text apart. */
  function keepSecret(password: string): void {
    if (password.length >= 8) context.secrets.add(password);
  }
}
