/** The minimum driver for each major version of CUDA (NVIDIA, "CUDA Compatibility", minor version compatibility on Linux). */
export const driverFor = { 12: 525, 13: 580 } as const

/** The CUDA version of the wheels that arcc installs, and the oldest it supports. */
export const leastCuda = 12
export const leastDriver = driverFor[leastCuda]
