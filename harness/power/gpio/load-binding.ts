import { createRequire } from 'node:module';
import { messageOf } from '../../base/errors.js';
import type { GpioBinding } from './binding.js';

/** The library, or why there is none and what to do about it. */
export type LoadedBinding = { readonly binding: GpioBinding } | { readonly missing: string; readonly hint: string };

/** Debian 12, Ubuntu 22.04 and 24.04 have libgpiod 1.6; the library cannot be compiled against 2.x. */
const install =
  'apt-get install libgpiod-dev g++ make python3, then npm rebuild node-libgpiod (libgpiod 1.x: Debian 12, Ubuntu 22.04, 24.04)';

/** `load` gets the module; only tests give another one. Never throws. */
export function loadBinding(load: () => unknown = () => createRequire(__filename)('node-libgpiod')): LoadedBinding {
  try {
    const module = load();
    if (isBinding(module)) return { binding: module };
    return { missing: 'node-libgpiod is there, but is not what this version expects', hint: 'npm install node-libgpiod@0.5.3' };
  } catch (error) {
    return whyMissing(messageOf(error));
  }
}

function isBinding(module: unknown): module is GpioBinding {
  return typeof module === 'object' && module !== null && 'Chip' in module && 'Line' in module;
}

function whyMissing(message: string): LoadedBinding {
  const [first = ''] = message.split('\n');
  if (/Could not locate the bindings file/.test(message)) {
    return { missing: 'node-libgpiod is installed, but not compiled', hint: install };
  }
  if (/Cannot find module/.test(message)) {
    return { missing: 'node-libgpiod is not installed', hint: install.replace('npm rebuild', 'npm install') };
  }
  if (/NODE_MODULE_VERSION/.test(message)) {
    return { missing: 'node-libgpiod was compiled for another version of Node.js', hint: 'npm rebuild node-libgpiod' };
  }
  if (/libgpiod\.so/.test(message)) {
    return { missing: `node-libgpiod cannot be loaded: ${first}`, hint: 'apt-get install libgpiod2' };
  }
  return { missing: `node-libgpiod cannot be loaded: ${first}`, hint: install };
}
