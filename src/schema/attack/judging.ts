import { registerEnumType } from 'type-graphql';
import { Judging } from '../../storage/generated/enums.js';

export { Judging };

registerEnumType(Judging, {
  name: 'Judging',
  description: 'What success is decided on. The budget is checked on the same image.',
  valuesConfig: {
    STORED: { description: 'The image as a file holds it: rounded to 8 bits inside the budget. The default for data of 8 bits.' },
    FLOAT: { description: 'The floats that the attack made, as RobustBench and most papers do.' },
  },
});

/** Of inputs. */
export const JUDGING = 'What success is decided on; by default `STORED`, where the data has 8 bits.';
