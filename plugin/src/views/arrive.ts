/** The views that somebody meets before the work can begin, as one piece of code to fetch. */
export { Connect } from './connect.tsx';
export { Outside } from './outside.tsx';
