/** The drivers that CUDA wants (NVIDIA, "CUDA Compatibility", minor version compatibility on Linux), by its major version. */
export const driverFor = { 12: 525, 13: 580 } as const

/** The CUDA of the wheels that arcc installs, and the oldest that it runs with. */
export const leastCuda = 12
export const leastDriver = driverFor[leastCuda]
