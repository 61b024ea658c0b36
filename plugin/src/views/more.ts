/** What most sessions never show, as one piece of code to fetch. */
export { Connect } from './connect.tsx';
export { Disconnect } from './disconnect.tsx';
export { EndsSoon } from './ends-soon.tsx';
export { NewItem } from './new-item.tsx';
export { Outside } from './outside.tsx';
export { SignInView } from './sign-in.tsx';
