import { existsSync } from 'node:fs';
import { messageOf, RigFault } from '../base/errors.js';
import { printable } from './devices.js';

/** What the `usb` package tells of a device. */
export interface ListedDevice {
  /** Bus and port chain, as in /sys/bus/usb/devices: 1-1.4. */
  readonly path: string;
  readonly vendor: number;
  readonly product: number;
  readonly maker: string | undefined;
  readonly name: string | undefined;
  readonly serial: string | undefined;
}

/** Something came to the bus or left it. Resolves, when listening, with the end of it; rejects when events cannot be had. */
export type Hotplug = (changed: () => void) => Promise<() => Promise<void>>;

/**
 * Events of the `usb` package. They come from udev, so some ms after the kernel's own, and not at all on a machine without it: they are
 * a reason to look, not the truth. The package's own listener table is passed by: where a step of it fails, it ends the process.
 * The package is loaded here and not before: a machine without USB is not troubled by it.
 */
export const packageHotplug: Hotplug = async (changed) => {
  const { WebUSB } = await import('usb');
  class Events extends WebUSB {
    async begin(): Promise<() => Promise<void>> {
      const native = this.nativeEmitter;
      await native.addAttach(changed);
      await native.addDetach(changed);
      return async () => {
        await native.removeAttach();
        await native.removeDetach();
      };
    }
  }
  return new Events().begin();
};

/** Every USB device of the machine but its root hubs; a RigFault where there is no USB or it cannot be read. */
export async function listUsbDevices(sys = '/sys'): Promise<ListedDevice[]> {
  if (!existsSync(`${sys}/bus/usb/devices`)) {
    throw new RigFault('this machine has no USB', {
      seen: `${sys}/bus/usb/devices does not exist`,
      hint: 'on a virtual machine or in a container USB must be passed through from the host',
    });
  }
  try {
    const { usb } = await import('usb');
    const devices = await usb.getDevices();
    return devices
      .filter(({ ports }) => ports.length > 0)
      .map((device) => ({
        path: `${String(Number.parseInt(device.bus, 10))}-${device.ports.join('.')}`,
        vendor: device.vendorId,
        product: device.productId,
        maker: said(device.manufacturerName),
        name: said(device.productName),
        serial: said(device.serialNumber),
      }))
      .sort((one, other) => one.path.localeCompare(other.path, 'en', { numeric: true }));
  } catch (error) {
    throw new RigFault('the USB devices cannot be listed', {
      seen: messageOf(error),
      hint: 'is the package usb installed for this system (npm ls usb)?',
      cause: error,
    });
  }
}

function said(text: string | null | undefined): string | undefined {
  return text === null || text === undefined || text.trim() === '' ? undefined : printable(text.trim());
}
