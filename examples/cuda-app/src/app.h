/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

/* y[i] = a * x[i] + y[i], by a kernel that nvcc has compiled into the program. Throws when CUDA
 * says no. */
void saxpy(float a, const std::vector<float> &x, std::vector<float> &y);

/* A kernel of the same meaning, compiled while the program runs. */
struct Compiled {
	std::string arch;        /* "sm_90": machine code; "compute_75": PTX */
	std::vector<char> image; /* for cuModuleLoadData() */
};
/* `capability` is 90 for compute capability 9.0; 0 gives PTX that any GPU can take. Needs no GPU.
 */
Compiled compile(int capability);
void run(const Compiled &kernel, float a, const std::vector<float> &x, std::vector<float> &y);

/* "13.0" for 13000. */
inline std::string version(int number)
{
	return std::to_string(number / 1000) + "." + std::to_string(number % 1000 / 10);
}
