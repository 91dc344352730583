# The backend cpu: its own kernels, compiled once for each instruction set as the convolutions are, and what calls them.
# It takes the SDK's checks of graphs and samples from where they lie.
include(${CMAKE_CURRENT_LIST_DIR}/conv.cmake)
set(here ${CMAKE_CURRENT_LIST_DIR})
set(objects)
foreach(isa IN LISTS conv_isas)
    add_library(cpu-kernels-${isa} OBJECT ${here}/kernels.c)
    target_link_libraries(cpu-kernels-${isa} PRIVATE ltcore::headers $<TARGET_NAME_IF_EXISTS:ltcore_flags>)
    set_target_properties(cpu-kernels-${isa} PROPERTIES POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden)
    target_compile_definitions(cpu-kernels-${isa} PRIVATE CPU_SUFFIX=${isa})
    target_compile_options(cpu-kernels-${isa} PRIVATE -O3 -fno-math-errno -fno-trapping-math -Wno-psabi
        ${conv_options_${isa}})
    list(APPEND objects $<TARGET_OBJECTS:cpu-kernels-${isa}>)
endforeach()

ltcore_add_plugin(cpu backends
    SOURCES ${here}/alias.c ${here}/arranged.c ${here}/awake.c ${here}/channels.c ${here}/choice.c ${here}/conv_node.c
        ${here}/costs.c ${here}/cpu.c ${here}/input.c ${here}/isa.c ${here}/linear.c ${here}/linear_forms.c
        ${here}/linear_lists.c ${here}/nodes.c ${here}/optimizer.c ${here}/program.c ${here}/shape.c ${here}/span.c
        ${here}/state.c ${here}/tune.c ${here}/walk.c ${objects}
    LIBRARIES cpu-conv ltcore::sdk m)
target_include_directories(plugin-backends-cpu PRIVATE ${CMAKE_SOURCE_DIR}/sdk/src)
if("avx512" IN_LIST conv_isas)
    target_compile_definitions(plugin-backends-cpu PRIVATE CPU_HAVE_X86)
endif()
