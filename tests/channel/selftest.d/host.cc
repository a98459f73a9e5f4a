// SPDX-License-Identifier: MIT
// What a host compiler and its libraries must do: streams, exceptions, threads, OpenMP, math.
#include <cmath>
#include <filesystem>
#include <iostream>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <vector>

extern "C" int twice(int x);

static int sum(const std::vector<int> &v)
{
	int total = 0;
#pragma omp parallel for reduction(+ : total)
	for (size_t i = 0; i < v.size(); i++)
		total += v[i];
	return total;
}

int main(int argc, char **)
{
	std::vector<int> v(100, 1);
	int caught = 0;
	std::thread worker([&] {
		try {
			throw std::runtime_error("expected");
		} catch (const std::exception &) {
			caught = 1;
		}
	});

	worker.join();
	std::cout << "caught " << caught << " sum " << sum(v) << " twice " << twice(21) << " exp "
		  << std::lround(std::exp(argc)) << " " << std::filesystem::path("a/b").filename()
		  << "\n";
	return 0;
}
