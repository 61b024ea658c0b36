import { seedTests } from '../faults/seeds.ts';
import { sqliteStorage } from '../faults/storage.ts';
import { FAULTS } from '../faults/weather.ts';

seedTests(151, 150, sqliteStorage, FAULTS);
