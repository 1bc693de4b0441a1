/** Errors of TensorFlow's kernels for TensorFlow.js, ARC6932 to ARC6938. */

import { errorsOf } from '../../errors.ts'
import { compilers } from '../../native-compiler.ts'

const without = 'the engine tfjs also works without TensorFlow, with kernels in JavaScript'

const catalogue = {
  ARC6932: {
    text: (p: { platform: string; known: string }) => `arcc cannot build TensorFlow.js for TensorFlow on ${p.platform}`,
    hint: ({ known }: { platform: string; known: string }) => `it can on ${known}; ${without}`,
  },
  ARC6933: {
    text: (p: { instructions: string }) =>
      `TensorFlow needs a processor with ${p.instructions}, which this one does not have`,
    hint: () => without,
  },
  ARC6934: {
    text: (p: { tried: string }) =>
      `building TensorFlow.js for TensorFlow needs a C++ compiler, but none runs: ${p.tried}`,
    hint: () =>
      `install one (Debian, Ubuntu: g++), or set CXX; arcc looks for ${compilers['c++'].names.join(', ')}; ${without}`,
  },
  ARC6935: {
    text: (p: { compiler: string; reason: string }) =>
      `the compiler ${p.compiler} could not build TensorFlow.js for TensorFlow: ${p.reason}`,
    hint: () => "it needs C++17 and the standard library's headers; set CXX to use another compiler",
  },
  ARC6936: {
    text: (p: { path: string; reason: string; install: string }) =>
      `TensorFlow.js for TensorFlow cannot be loaded (${p.path}): ${p.reason}`,
    hint: ({ install }: { path: string; reason: string; install: string }) =>
      `"arcc install --remove ${install}" removes it; ${without}`,
  },
  ARC6937: {
    text: (p: { install: string }) => `TensorFlow.js for TensorFlow is not installed ("${p.install}")`,
    hint: ({ install }: { install: string }) => `run "arcc install ${install}"`,
  },
  ARC6938: {
    text: (p: { given: string; known: string }) =>
      `ARCC_TFJS_BACKEND is "${p.given}", which is no backend of the engine tfjs`,
    hint: ({ known }: { given: string; known: string }) => `unset it, or use one of ${known}`,
  },
} as const

/** Builds the error of a code, to be thrown. */
export const nativeErrors = errorsOf(catalogue)
