/** The address of a style sheet that is fetched with the code that needs it. */
declare module '*.css?url' {
  const address: string;
  export default address;
}
