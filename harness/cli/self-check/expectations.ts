import type { Expectation } from './expectation.js';
import { afterwardsExpectations } from './expectations-afterwards.js';
import { deliveryExpectations } from './expectations-delivery.js';
import { firmwareExpectations } from './expectations-firmware.js';
import { habitExpectations } from './expectations-habits.js';
import { hostExpectations } from './expectations-host.js';
import { harmlessExpectations } from './expectations-harmless.js';
import { rigExpectations } from './expectations-rig.js';

/** One for each defect of the simulator's catalogue, and for each thing that a host may do; a test holds them together. */
export const expectations: readonly Expectation[] = [
  ...firmwareExpectations,
  ...deliveryExpectations,
  ...afterwardsExpectations,
  ...harmlessExpectations,
  ...habitExpectations,
  ...rigExpectations,
  ...hostExpectations,
];
