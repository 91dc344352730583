/* The emulated runtime of CUDA by itself: what it refuses, as a device would. */
#include <cuda_runtime_api.h>

#include "suite.h"

enum { DEVICES = 6, MOST_KERNELS = 64 };

static cudaError_t allow(const void *kernel)
{
    return cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, 1024);
}

/* First of all: no device has been set. */
static void a_thread_without_a_device_is_refused(void)
{
    cudaStream_t s = NULL;
    void *p = NULL;
    CU_ASSERT_EQUAL(cudaMalloc(&p, 1), cudaErrorInvalidDevice);
    CU_ASSERT_EQUAL(cudaFree(&p), cudaErrorInvalidDevice);
    CU_ASSERT_EQUAL(cudaStreamCreateWithFlags(&s, cudaStreamNonBlocking), cudaErrorInvalidDevice);
}

/* And the thread keeps the one that it has. */
static void a_device_that_is_not_there_cannot_be_set(void)
{
    void *p = NULL;
    CU_ASSERT_EQUAL(cudaSetDevice(-1), cudaErrorInvalidDevice);
    CU_ASSERT_EQUAL(cudaSetDevice(DEVICES), cudaErrorInvalidDevice);
    CU_ASSERT_EQUAL(cudaMalloc(&p, 1), cudaErrorInvalidDevice);
    CU_ASSERT_EQUAL(cudaSetDevice(DEVICES - 1), cudaSuccess);
    CU_ASSERT_EQUAL(cudaSetDevice(DEVICES), cudaErrorInvalidDevice);
    CU_ASSERT_EQUAL_FATAL(cudaMalloc(&p, 1), cudaSuccess);
    CU_ASSERT_EQUAL(cudaFree(p), cudaSuccess);
}

/* AddressSanitizer sees what is left. */
static void a_stream_ends_with_its_capture(void)
{
    cudaStream_t s = NULL;
    CU_ASSERT_EQUAL(cudaSetDevice(0), cudaSuccess);
    CU_ASSERT_EQUAL_FATAL(cudaStreamCreateWithFlags(&s, cudaStreamNonBlocking), cudaSuccess);
    CU_ASSERT_EQUAL(cudaStreamBeginCapture(s, cudaStreamCaptureModeRelaxed), cudaSuccess);
    CU_ASSERT_EQUAL(cudaStreamDestroy(s), cudaSuccess);
}

static void one_kernel_too_many_is_refused(void)
{
    static const char kernel[MOST_KERNELS + 1];
    for (int i = 0; i < MOST_KERNELS; i++)
        CU_ASSERT_EQUAL(allow(&kernel[i]), cudaSuccess);
    CU_ASSERT_EQUAL(allow(&kernel[MOST_KERNELS]), cudaErrorUnknown);
    CU_ASSERT_EQUAL(allow(&kernel[0]), cudaSuccess);
    const dim3 one = { 1, 1, 1 };
    CU_ASSERT_EQUAL(cudaLaunchKernel(&kernel[MOST_KERNELS], one, one, NULL, 0, NULL), cudaErrorUnknown);
}

static const lt_test claim[] = {
    { "a thread without a device is refused", a_thread_without_a_device_is_refused },
    { "a device that is not there cannot be set", a_device_that_is_not_there_cannot_be_set },
    { "a stream ends with the capture that is under way", a_stream_ends_with_its_capture },
    { "one kernel too many is refused, and shares no other's place", one_kernel_too_many_is_refused },
};

int main(void)
{
    return lt_suite_run("emulated runtime", claim, sizeof claim / sizeof *claim);
}
