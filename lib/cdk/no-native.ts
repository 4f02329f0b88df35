// Takes the place of msgpackr-extract in bundles: its native code cannot be bundled, and its search for it costs every cold start files and a
// child process. msgpackr catches this and reads strings itself.
throw new Error('no native code in a bundle')
