# cpu-conv: the convolutions of the backend cpu, in a library that its tests link too. Kernel files are compiled once for
# each instruction set, under names that end in it. No option here may change a bit: products are fused where conv_reg.h
# says so, and nowhere else.
set(here ${CMAKE_CURRENT_LIST_DIR})
set(conv_isas portable)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    list(APPEND conv_isas avx2 avx512)
    set(conv_options_avx2 -mavx2 -mfma)
    set(conv_options_avx512 -mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma -mprefer-vector-width=512)
endif()

add_library(cpu-conv STATIC ${here}/conv_layer.c ${here}/conv_passes.c ${here}/conv_phase.c ${here}/conv_lists.c ${here}/conv_choice.c
    ${here}/conv_points.c)
foreach(isa IN LISTS conv_isas)
    add_library(cpu-conv-${isa} OBJECT
        ${here}/conv_apply.c ${here}/conv_weights.c ${here}/conv_winograd.c ${here}/conv_winograd_back.c
        ${here}/conv_winograd_slope.c ${here}/conv_product.c ${here}/conv_slope.c ${here}/conv_slope_wide.c
        ${here}/conv_table.c)
    target_compile_definitions(cpu-conv-${isa} PRIVATE CPU_SUFFIX=${isa})
    target_compile_options(cpu-conv-${isa} PRIVATE -O3 -fno-math-errno -fno-trapping-math
        -Wno-psabi ${conv_options_${isa}})
    target_sources(cpu-conv PRIVATE $<TARGET_OBJECTS:cpu-conv-${isa}>)
endforeach()
foreach(part IN LISTS conv_isas ITEMS "")
    string(REGEX REPLACE "-$" "" target cpu-conv-${part})
    target_link_libraries(${target} PRIVATE ltcore::headers $<TARGET_NAME_IF_EXISTS:ltcore_flags>)
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden)
endforeach()
target_include_directories(cpu-conv INTERFACE ${here})
