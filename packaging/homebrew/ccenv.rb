# SPDX-License-Identifier: MIT
# A CUDA toolchain from conda-forge, locked, in your build tree.
class Ccenv < Formula
  desc "CUDA toolchain from conda-forge, locked, in your build tree"
  homepage "https://example.org/ccenv"
  url "https://example.org/ccenv-0.1.0.tar.gz"
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license "MIT"

  depends_on "cmake" => :build
  depends_on "ninja" => :build
  depends_on "tomlplusplus" => :build
  depends_on "xxhash" => :build

  depends_on "curl"
  depends_on "jansson"
  depends_on "libarchive"
  depends_on "libsolv"
  depends_on "libyaml"
  depends_on "openssl@3"
  depends_on "pkgconf"
  depends_on "zstd"

  def install
    system "cmake", "-S", ".", "-B", "build", "-G", "Ninja", "-DCCENV_TESTS=OFF", *std_cmake_args
    system "cmake", "--build", "build"
    system "cmake", "--install", "build"
  end

  test do
    system bin/"ccenv", "init", "--cuda", "13.0", "--platform", "linux-64"
    assert_match "13.0", (testpath/"ccenv.json").read
  end
end
