/** Whatever the panel shows once it knows who is there, as one piece of code to fetch. */
export { Connect } from './connect.tsx';
export { Outside } from './outside.tsx';
export { SignInView } from './sign-in.tsx';
export { Work } from './work.tsx';
