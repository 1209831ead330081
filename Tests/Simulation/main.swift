runSimulation()
