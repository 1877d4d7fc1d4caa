#pragma once

#include <stdbool.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

/// Whether the processor has instructions for both halves of AES-GCM: the AES rounds and the carry-less multiplication.
static inline bool processor_accelerates_aes_gcm(void) {
#if defined(__x86_64__) || defined(__i386__)
  unsigned int eax, ebx, ecx, edx;
  if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx)) return false;
  return (ecx & bit_AES) && (ecx & bit_PCLMUL);
#elif defined(__aarch64__) && defined(__linux__)
  // HWCAP_AES and HWCAP_PMULL of <asm/hwcap.h>, which comes with the kernel's headers and is not always there.
  const unsigned long aes = 1UL << 3, pmull = 1UL << 4;
  const unsigned long capabilities = getauxval(AT_HWCAP);
  return (capabilities & aes) && (capabilities & pmull);
#else
  return false;
#endif
}
